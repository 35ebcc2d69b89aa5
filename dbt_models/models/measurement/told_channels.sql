-- One row per word that a cost, a code, a telephone number, a lead or an ad account uses for a channel: the channel it stands for, and whether
-- people can be followed from it. A platform's name is the channel that the seed channel_rules gives a paid click from there; any other word
-- is a channel of its own. What tables here call what has no channel names none. Words of one platform (google, google_ads) have one source.
with words as (
    select distinct word
    from (
        select {{ channel_word('channel') }} as word from {{ ref('unified_marketing_costs') }}
        union all
        select {{ channel_word('channel') }} from {{ ref('unified_promo_codes') }}
        union all
        select {{ channel_word('channel') }} from {{ ref('tracking_numbers') }}
        union all
        select {{ channel_word('platform') }} from {{ ref('unified_ad_spend') }}
        union all
        select {{ channel_word(partner_name('supplier')) }} from {{ ref('unified_leads') }}
        union all
        select 'influencer'
        union all
        select 'lead_supplier'
    ) as told
    where word not in ('', 'direct', 'unattributed', 'all')
),

hosts as (
    select word as host from words
),

known as (
    {{ known_hosts('hosts', ref('referrers'), 'referrer', ['kind', 'source']) }}
),

sources as (
    select rules.position, {{ as_pattern('alternatives.part') }} as pattern
    from {{ ref('channel_rules') }} as rules
    {{ split_rows('rules.source', 'alternatives') }}
    where rules.source is not null
),

-- Rules that hold of a paid click.
clicked as (
    select position from {{ ref('channel_rules') }} where medium is null
    union
    select rules.position
    from {{ ref('channel_rules') }} as rules
    {{ split_rows('rules.medium', 'alternatives') }}
    where 'cpc' like {{ as_pattern('alternatives.part') }} escape '!'
),

-- The first of them that speaks of the place by its name or kind.
platforms as (
    select words.word, rules.channel
    from words
    left join known on words.word = known.host
    inner join {{ ref('channel_rules') }} as rules
        on rules.campaign is null and (rules.source is not null or rules.source_kind is not null)
        and (rules.source_kind is null or lower(trim(rules.source_kind)) = known.kind)
    left join sources on rules.position = sources.position and words.word like sources.pattern escape '!'
    where rules.position in (select position from clicked) and (rules.source is null or sources.position is not null)
    qualify row_number() over (partition by words.word order by rules.position) = 1
),

ruled as (
    select distinct channel from {{ ref('channel_rules') }}
)

select
    words.word,
    coalesce(ruled.channel, platforms.channel, words.word) as channel,
    coalesce(known.source, words.word) as source,
    ruled.channel is null and platforms.channel is not null as is_platform,
    case
        when offline.word is not null then false
        when ruled.channel is not null or platforms.channel is not null then true
    end as is_followed
from words
left join ruled on words.word = ruled.channel
left join platforms on words.word = platforms.word
left join known on words.word = known.host
left join (select distinct {{ channel_word('channel') }} as word from {{ ref('offline_channels') }}) as offline on words.word = offline.word
