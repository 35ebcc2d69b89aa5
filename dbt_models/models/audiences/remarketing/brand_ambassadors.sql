{% set people %}
    (with surveys as (
        select profile_id, score, answered_at
        from {{ with_person('unified_surveys', ['response_id', 'score', 'answered_at']) }} as answers
        where answered_at >= {{ window_start() }}
        qualify row_number() over (partition by profile_id order by answered_at desc, score, response_id) = 1
    ),

    reviews as (
        select profile_id, min(rating) as worst_rating, count(*) as reviews, max(created_at) as reviewed_at
        from {{ with_person('unified_reviews', ['rating', 'created_at']) }} as written
        where created_at >= {{ window_start() }} and rating is not null
        group by profile_id
    ),

    -- Whoever recommends is named by an address or by the company's own number.
    referrers as (
        select identifiers.profile_id, count(*) as referrals, max(told.created_at) as referred_at
        from {{ ref('unified_referrals') }} as told
        inner join {{ ref('identifiers') }} as identifiers
            on identifiers.identifier_type = case when instr(told.referrer, '@') > 1 then 'email' else 'customer_id' end
            and identifiers.identifier = told.referrer
        where told.created_at >= {{ window_start() }}
        group by identifiers.profile_id
    ),

    signs as (
        select
            customers.profile_id,
            customers.score as customer_score,
            customers.tier,
            surveys.score as survey_score,
            reviews.worst_rating,
            coalesce(referrers.referrals, 0) as referrals,
            case when customers.tier <= {{ option('best_tiers') }} then 1 else 0 end as is_best,
            case when surveys.score >= {{ option('least_survey_score') }} then 1 else 0 end as is_promoter,
            case when referrers.referrals > 0 then 1 else 0 end as is_referrer,
            case when reviews.worst_rating >= {{ option('least_rating') }} then 1 else 0 end as is_good_reviewer,
            greatest(surveys.answered_at, reviews.reviewed_at, referrers.referred_at, bought.last_bought_at) as last_sign_at,
            bought.net_revenue
        from {{ ref('customers') }} as customers
        inner join {{ ref('last_purchases') }} as bought on customers.profile_id = bought.profile_id
        left join surveys on customers.profile_id = surveys.profile_id
        left join reviews on customers.profile_id = reviews.profile_id
        left join referrers on customers.profile_id = referrers.profile_id
    )

    select *, is_best + is_promoter + is_referrer + is_good_reviewer as signs
    from signs)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'shows_signs': ['signs', '>=', option('least_signs')],
        'is_no_detractor': ['coalesce(survey_score, 10)', '>=', option('worst_survey_score')],
        'wrote_no_bad_review': ['coalesce(worst_rating, 5)', '>=', option('worst_rating')],
        'within_window': ['last_sign_at', '>=', 'window_start'],
    },
    anchor='last_sign_at',
    value='net_revenue',
    reason={
        'tier': 'tier', 'survey_score': 'survey_score', 'referrals': 'referrals', 'worst_rating': 'worst_rating', 'signs': 'signs',
    },
    context={'customer_score': 'customer_score', 'referrals': 'referrals'},
) }}
