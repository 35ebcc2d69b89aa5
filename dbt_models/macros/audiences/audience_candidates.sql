{#
    The body of an audience model: one row per candidate, with what speaks for and against them.

    people:   a query (or relation) with one row per person and a column profile_id
    clauses:  name → condition, or [expression, operator, threshold], whose two sides are then kept for whoever asks why; the first
              makes somebody a candidate, all of them together a member
    anchor:   since when there is the interest, the silence, the date: what sequences count from
    since:    since when the YAML's goal must not have been reached, if that is not the anchor
    value:    what the person is worth to this audience, in the company's currency
    offers:   list of the product_ids that a message would offer (text_list)
    reason:   name → expression: the evidence for the membership
    context:  name → expression (or {'json': JSON text}): what a message may mention (products, cart, …)

    Conditions and expressions may use the columns of `people` and of the run: as_of, as_of_date, window_start (the
    audience's window before as_of) and quiet_since (nothing must have happened after it); and option('name') of the YAML.
    The YAML's `goal` adds a clause of its own, by which whoever has reached it since then is out; its `people` leaves
    anonymous or identified people out of the candidates.

    Columns: profile_id, clauses (names, in order), clauses_met (bit n is set when clause n holds), blocked_by (the first
    clause that does not hold; `internal` for the company's own people, who are in suppression lists alone; `profiling`, in an audience
    that is made from scores, for everybody who may not be profiled), anchor_at, value, offers, reason and context (JSON, for members
    only: it is costly to write); and of each clause with two sides `<clause>__value` and `<clause>__<bound>`, where bound is
    min (>=), max (<=), above, below or is.
#}
{% macro audience_candidates(people, clauses, anchor=none, since=none, value='cast(null as decimal(18, 4))', offers=none, reason={}, context={}) %}
{%- set scored, declared = made_from_scores(), declared_audience() %}
{%- set since = since or ('coalesce(' ~ anchor ~ ', window_start)' if anchor else 'window_start') %}
{%- set bounds = {'>=': 'min', '<=': 'max', '>': 'above', '<': 'below', '=': 'is'} %}
{%- set conditions, sides = {}, {} %}
{%- for name, clause in clauses.items() %}
    {%- if clause is string %}{% do conditions.update({name: clause}) %}
    {%- else %}
        {%- do conditions.update({name: clause | join(' ')}) %}
        {%- do sides.update({name ~ '__value': clause[0], name ~ '__' ~ bounds[clause[1]]: clause[2]}) %}
    {%- endif %}
{%- endfor %}
{%- if declared.goal %}
    {#- Once a customer, always one; of the rest, the last order or visit is no return to itself. #}
    {%- set asked = {
        'order': 'has_not_ordered', 'conversion': 'is_no_customer', 'sale': 'has_not_bought', 'review': 'has_not_reviewed',
        'visit': 'has_not_come_back',
    } %}
    {%- set reached_before = '' if declared.goal == 'conversion' else ' or reached_at <= ' ~ since %}
    {%- do conditions.update({asked[declared.goal]: '(reached_at is null' ~ reached_before ~ ')'}) %}
{%- endif %}
-- depends_on: {{ ref('not_profiled') }}, {{ ref('goal_moments') }}, {{ ref('profiles') }}
with settings as (
    select
        run.as_of,
        run.as_of_date,
        {{ days_before('run.as_of', 'audiences.window_days') }} as window_start,
        {{ hours_before('run.as_of', 'audiences.quiet_hours') }} as quiet_since,
        audiences.kind <> 'suppression' as speaks_to_people
    from {{ source('control', 'run') }} as run
    cross join {{ source('control', 'audiences') }} as audiences
    where audiences.audience = '{{ audience_name() }}'
),

candidates as (
    select people.*, settings.*, settings.speaks_to_people and internal.internal_id is not null as is_one_of_us
        {%- if declared.goal %}, goals.reached_at{% endif %}
    from {{ people if people is not string or people[:1] == '(' else '(' ~ people ~ ')' }} as people
    cross join settings
    left join (select profile_id as internal_id from {{ ref('internal_people') }}) as internal on people.profile_id = internal.internal_id
    {%- if declared.goal %}
    left join (
        select profile_id as reaching_id, reached_at from {{ ref('goal_moments') }} where goal = '{{ declared.goal }}'
    ) as goals on people.profile_id = goals.reaching_id
    {%- endif %}
    where ({{ conditions.values() | first }})
    {%- if declared.people in ('identified', 'anonymous') %}
        and people.profile_id in (select profile_id from {{ ref('profiles') }} where {{ 'not ' if declared.people == 'anonymous' }}is_known)
    {%- endif %}
    {%- if scored %}
        and people.profile_id not in (select profile_id from {{ ref('not_profiled') }})
    {%- endif %}
),

judged as (
    select
        candidates.*,
        {% for condition in conditions.values() -%}
        case when {{ condition }} then {{ 2 ** loop.index0 }} else 0 end{{ ' + ' if not loop.last }}
        {% endfor -%}
        as met
    from candidates
)

select
    profile_id,
    '{{ conditions.keys() | join(",") }}' as clauses,
    cast(met as integer) as clauses_met,
    case
        when is_one_of_us then 'internal'
        {% for name, condition in (conditions.items() | list)[1:] -%}
        when not coalesce({{ condition }}, false) then '{{ name }}'
        {% endfor -%}
    end as blocked_by,
    cast({{ anchor or 'null' }} as timestamp) as anchor_at,
    cast({{ value }} as decimal(18, 4)) as value,
    {{ offers or no_texts() }} as offers,
    case when met = {{ 2 ** (conditions | length) - 1 }} then {{ json_object(reason) }} end as reason,
    case when met = {{ 2 ** (conditions | length) - 1 }} then {{ json_object(context) }} end as context
    {%- for name, side in sides.items() %},
    {{ side }} as {{ name }}
    {%- endfor %}
from judged
{%- if scored %}
union all
-- Without a score nobody knows whether they would be a candidate: all of them are told as left out.
select
    not_profiled.profile_id,
    '{{ conditions.keys() | join(",") }}',
    0,
    'profiling',
    cast(null as timestamp),
    cast(null as decimal(18, 4)),
    {{ no_texts() }},
    null,
    null
    {%- for name in sides %},
    null
    {%- endfor %}
from {{ ref('not_profiled') }} as not_profiled
{%- endif %}
{% endmacro %}

{# Whether the model being built speaks to people by what a score says of them. Only an execution knows what a model reads. #}
{% macro made_from_scores() %}
    {% if not execute %}{{ return(false) }}{% endif %}
    {% set rooms = [] %}
    {% for parent in model.depends_on.nodes if parent in graph.nodes %}{% do rooms.append(graph.nodes[parent].config.schema) %}{% endfor %}
    {{ return('scores' in rooms and 'suppression' not in model.fqn) }}
{% endmacro %}

{# What the YAML of the audience being built declares; empty while dbt only looks for what models read. #}
{% macro declared_audience() %}
    {{ return(model.config.meta.audience if execute and model.config.meta and model.config.meta.audience else {}) }}
{% endmacro %}

{# An option of the audience's YAML as SQL: a number as it is, a text in quotes, a list as texts between brackets. #}
{% macro option(name) %}
    {% if not execute %}{{ return('null') }}{% endif %}
    {% set options = declared_audience().options or {} %}
    {% if name not in options %}
        {{ exceptions.raise_compiler_error("The audience `" ~ model.name ~ "` lacks the option `" ~ name ~ "`: add it to `options` of its YAML") }}
    {% endif %}
    {{ return(option_sql(options[name])) }}
{% endmacro %}

{% macro option_sql(value) %}
    {% if value is string %}{{ return("'" ~ value | replace("'", "''") ~ "'") }}
    {% elif value is sequence %}
        {% set quoted = [] %}
        {% for item in value %}{% do quoted.append(option_sql(item)) %}{% endfor %}
        {{ return('(' ~ (quoted | join(', ') or 'null') ~ ')') }}
    {% else %}{{ return(value) }}{% endif %}
{% endmacro %}

{# The names of the audiences of some kinds. #}
{% macro audience_names(kinds) %}
    {% set names = [] %}
    {% for kind in kinds %}{% do names.extend(var('audiences', {}).get(kind, [])) %}{% endfor %}
    {{ return(names) }}
{% endmacro %}
