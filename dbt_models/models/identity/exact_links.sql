-- One row per two contacts that an exact rule of relance.yml makes one person: they agree on every column of the rule, each with
-- the one that has the smallest id. A key that more people share than one person can have contacts is junk: its links join nobody.
{% set own = {
    'first_name': 'first_name', 'last_name': 'last_name', 'birth_date': 'birth_date', 'gender': 'gender', 'street': 'address',
    'city': 'city', 'postal_code': 'postal_code', 'region': 'region', 'country': 'country', 'company': 'company', 'email': 'email',
    'phone': 'phone',
} %}

with keys as (
    select
        cast(null as string) as rule,
        cast(null as string) as only_column,
        cast(null as string) as key,
        cast(null as string) as contact_id,
        cast(null as timestamp) as created_at,
        cast(null as string) as first_name,
        cast(null as boolean) as is_minor
    where false
    {%- for columns in var('exact_rules', []) %}
    {%- set values = [] -%}
    {%- for column in columns -%}
        {%- set path = '$."' ~ column ~ '"' -%}
        {%- do values.append(own[column] if column in own else folded(json_picked(json_pick('traits', [path]), [path])[path[2:]])) -%}
    {%- endfor %}
    union all
    select
        'exact:{{ columns | join(',') }}',
        '{{ columns[0] if columns | length == 1 }}',
        {{ values | join(" || '|' || ") }},
        contact_id,
        created_at,
        first_name,
        is_minor
    from {{ ref('comparable_contacts') }}
    {%- endfor %}
),

people as (
    select
        keys.rule,
        keys.key,
        keys.contact_id,
        min(keys.created_at) as created_at,
        min(keys.first_name) as first_name,
        max(case when keys.is_minor then 1 else 0 end) as is_minor
    from keys
    left join {{ ref('blocked_identifiers') }} as blocked
        on blocked.identifier_type in ('*', keys.only_column) and keys.only_column <> '' and keys.key like blocked.pattern
    where keys.key is not null
      and blocked.pattern is null
      -- 0000000, xxx: nobody's number.
      and (keys.only_column = '' or replace(keys.key, substr(keys.key, 1, 1), '') <> '')
    group by 1, 2, 3
),

groups as (
    select
        *,
        count(*) over (partition by rule, key) as sharing,
        -- Where a child is among them, parents and brothers may be too: the first name has to agree as well.
        case when max(is_minor) over (partition by rule, key) = 1 then coalesce(first_name, contact_id) else '' end as told_apart_by
    from people
),

hubs as (
    select
        *,
        min(contact_id) over (partition by rule, key, told_apart_by) as hub,
        first_value(created_at) over (partition by rule, key, told_apart_by order by contact_id) as hub_created_at
    from groups
)

select
    'contact_id' as left_type,
    contact_id as left_identifier,
    'contact_id' as right_type,
    hub as right_identifier,
    rule,
    greatest(created_at, hub_created_at) as first_seen,
    'configuration' as source,
    case when sharing > {{ company('exact_limit') }} then 'fan_out' end as refused_reason
from hubs
where contact_id <> hub
