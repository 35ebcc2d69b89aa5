{% set people %}
    (with seen as (
        select
            *,
            lower(trim(domain)) as mail_domain,
            {{ folded('company') }} as name,
            row_number() over (partition by profile_id order by last_seen_at desc, company, domain, industry, country) as place
        from {{ ref('company_visits') }}
        where last_seen_at >= {{ window_start() }}
    ),

    contacts as (
        select distinct {{ folded('company') }} as name from {{ ref('unified_contacts') }} where company is not null
    ),

    mailboxes as (
        select distinct {{ mail_domain('identifier') }} as domain from {{ ref('identifiers') }} where identifier_type = 'email'
    )

    select
        seen.profile_id,
        seen.company,
        seen.domain,
        seen.industry,
        seen.country,
        seen.sessions,
        seen.last_seen_at,
        contacts.name is not null or mailboxes.domain is not null as has_contact
    from seen
    left join contacts on seen.name = contacts.name
    left join mailboxes on seen.mail_domain = mailboxes.domain
    where seen.place = 1)
{% endset %}

{{ audience_candidates(
    people=people | trim,
    clauses={
        'seen_in_window': ['last_seen_at', '>=', 'window_start'],
        'is_no_provider': "coalesce(lower(industry), '') not in " ~ option('provider_industries'),
        'nobody_known_there': 'not has_contact',
    },
    anchor='last_seen_at',
    reason={'company': 'company', 'last_seen_at': 'last_seen_at', 'sessions': 'sessions'},
    context={'company': 'company', 'domain': 'domain', 'industry': 'industry', 'country': 'country'},
) }}
