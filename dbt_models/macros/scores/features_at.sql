{#
    What was known of people as of moments, past or present: SELECT with one row per example and feature that is not nothing:
    `example`, `feature`, `number`, `category`. No row means never, none or not told. One macro makes what a model learns from and
    what it is applied to, so that both mean the same, and nothing that happened later can get into either.

    examples: relation of `example`, `moment` and `lead` (the lead in question, or NULL).
    members:  relation of `example`, `identifier_type`, `identifier`: who it was, as known then.

    times.<action>.<window>     how often, within days before the moment, or ever
    minutes.<action>.<window>   how long (visits)
    amount.<action>.<window>    how much (orders: gross; visits: pages)
    average.<action>            amount per time
    days_since.<action>, days_between.<action>, rhythm.<action> (the former as a share of the latter)
    days_since.anything, days_known: since the last and the first thing they did themselves
    lead.<column>, trait.<column>, days_since.created, days_to.purchase_intent: of the lead
#}
{% macro features_at(examples, members) %}
{% set windows = {'7d': 7, '30d': 30, '90d': 90, '365d': 365, 'ever': 36500} %}
{% set lead_columns = [
    'acquisition_source', 'supplier', 'campaign', 'form', 'country', 'heard_via', 'utm_source', 'utm_medium', 'utm_campaign', 'click_id_type',
    'exclusive',
] %}
with done as (
    -- Of a day that was not over yet, that it happened is known, and no more. A form is known of when it comes.
    select
        examples.example,
        actions.action,
        case when actions.last_at < examples.moment then actions.times else 1 end as times,
        case when actions.last_at < examples.moment then actions.seconds end as seconds,
        case when actions.last_at < examples.moment then actions.amount end as amount,
        {{ seconds_between('case when actions.last_at < examples.moment then actions.last_at else actions.first_at end', 'examples.moment') }}
            / 86400e0 as age,
        {{ seconds_between('actions.first_at', 'examples.moment') }} / 86400e0 as first_age
    from {{ members }} as members
    inner join {{ examples }} as examples on members.example = examples.example
    inner join {{ ref('actions') }} as actions
        on members.identifier_type = actions.identifier_type and members.identifier = actions.identifier
    where actions.first_at < examples.moment or (actions.action = 'form' and actions.first_at = examples.moment)
),

rolled_up as (
    select
        example,
        action,
        {% for window, days in windows.items() -%}
        cast(sum(case when age <= {{ days }} then times end) as double) as times_{{ window }},
        cast(sum(case when age <= {{ days }} then seconds end) as double) / 60 as minutes_{{ window }},
        cast(sum(case when age <= {{ days }} then amount end) as double) as amount_{{ window }},
        {% endfor -%}
        count(*) as days,
        min(age) as days_since,
        (max(first_age) - min(age)) / nullif(count(*) - 1, 0) as days_between,
        max(first_age) as days_known
    from done
    group by example, action
),

asked as (
    select
        examples.example,
        examples.moment,
        leads.created_at,
        leads.purchase_intent_at,
        cast(leads.cost as double) as cost,
        leads.traits,
        {% for column in lead_columns -%}
        lower(trim(cast(leads.{{ column }} as string))) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ examples }} as examples
    inner join {{ ref('unified_leads') }} as leads on examples.lead = {{ account_id('leads.lead_id', 'leads.source') }}
),

lead_features as (
    select example, 'days_since.created' as feature, {{ seconds_between('created_at', 'moment') }} / 86400e0 as number, cast(null as string) as category
    from asked
    union all
    select example, 'days_to.purchase_intent', {{ seconds_between('moment', 'purchase_intent_at') }} / 86400e0, null
    from asked
    where purchase_intent_at is not null
    union all
    select example, 'lead.cost', cost, null from asked where cost is not null
    {% for column in lead_columns -%}
    union all
    select example, 'lead.{{ column }}', null, {{ column }} from asked where {{ column }} <> ''
    {% endfor -%}
    union all
    select
        asked.example,
        'trait.' || lower(trim(traits.name)),
        try_cast(traits.value as double),
        substr(lower(trim(traits.value)), 1, 100)
    from asked
    {{ json_pairs('asked.traits', 'traits') }}
    where trim(traits.value) <> ''
),

features as (
    {% for window in windows -%}
    {% for measure in ['times', 'minutes', 'amount'] -%}
    select example, '{{ measure }}.' || action || '.{{ window }}' as feature, {{ measure }}_{{ window }} as number, cast(null as string) as category
    from rolled_up
    where {{ measure }}_{{ window }} > 0
    union all
    {% endfor -%}
    {% endfor -%}
    select example, 'average.' || action, cast(amount_ever as double) / times_ever, null from rolled_up where amount_ever > 0 and times_ever > 0
    union all
    select example, 'days_since.' || action, days_since, null from rolled_up
    union all
    select example, 'days_between.' || action, days_between, null from rolled_up where days_between > 0
    union all
    select example, 'rhythm.' || action, days_since / days_between, null from rolled_up where days_between > 0
    union all
    {% for feature, figure in [('days_since.anything', 'min(days_since)'), ('days_known', 'max(days_known)')] -%}
    select example, '{{ feature }}', {{ figure }}, null
    from rolled_up
    where {{ is_own_doing('action') }}
    group by example
    union all
    {% endfor -%}
    -- A lead told by several sources is told once.
    select example, feature, max(number), min(category) from lead_features group by example, feature
)

select
    example,
    feature,
    -- What is no finite number is none: it could be neither sorted nor compared alike everywhere.
    case when abs(number) <= 1e300 then cast(number as double) end as number,
    category
from features
{% endmacro %}

{# Whether an action is somebody's own doing, rather than a message that reached them. #}
{% macro is_own_doing(action) -%}
not ({{ matches(action, '_(delivered|sent|bounced|missed)$') }})
{%- endmacro %}
