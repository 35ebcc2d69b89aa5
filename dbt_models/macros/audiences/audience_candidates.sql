{#
    The body of an audience model: one row per candidate, with what speaks for and against them.

    people:   a query (or relation) with one row per person and a column profile_id
    clauses:  name → condition; the first makes somebody a candidate, all of them together a member
    value:    what the person is worth to this audience, in the company's currency
    reason:   name → expression: the evidence for the membership
    context:  name → expression (or {'json': JSON text}): what a message may mention (products, cart, …)

    Conditions and expressions may use the columns of `people` and of the run: as_of, as_of_date, window_start (the
    audience's window before as_of) and quiet_since (nothing must have happened after it).

    Columns: profile_id, clauses (names, in order), clauses_met (bit n is set when clause n holds), blocked_by (the first
    clause that does not hold; `internal` for the company's own people, who are in suppression lists alone; `profiling`, in an audience
    that is made from scores, for everybody who may not be profiled), value, reason and context (JSON, for members only: it is costly
    to write).
#}
{% macro audience_candidates(people, clauses, value='cast(null as decimal(18, 4))', reason={}, context={}) %}
{%- set scored = made_from_scores() %}
-- depends_on: {{ ref('not_profiled') }}
with settings as (
    select
        run.as_of,
        run.as_of_date,
        {{ days_before('run.as_of', 'audiences.window_days') }} as window_start,
        {{ hours_before('run.as_of', 'audiences.quiet_hours') }} as quiet_since,
        audiences.kind <> 'suppression' as speaks_to_people
    from {{ source('control', 'run') }} as run
    cross join {{ source('control', 'audiences') }} as audiences
    where audiences.audience = '{{ model.name }}'
),

candidates as (
    select people.*, settings.*, settings.speaks_to_people and internal.internal_id is not null as is_one_of_us
    from {{ people if people is not string or people[:1] == '(' else '(' ~ people ~ ')' }} as people
    cross join settings
    left join (select profile_id as internal_id from {{ ref('internal_people') }}) as internal on people.profile_id = internal.internal_id
    where ({{ clauses.values() | first }})
    {%- if scored %}
        and people.profile_id not in (select profile_id from {{ ref('not_profiled') }})
    {%- endif %}
),

judged as (
    select
        candidates.*,
        {% for condition in clauses.values() -%}
        case when {{ condition }} then {{ 2 ** loop.index0 }} else 0 end{{ ' + ' if not loop.last }}
        {% endfor -%}
        as met
    from candidates
)

select
    profile_id,
    '{{ clauses.keys() | join(",") }}' as clauses,
    cast(met as integer) as clauses_met,
    case
        when is_one_of_us then 'internal'
        {% for name, condition in (clauses.items() | list)[1:] -%}
        when not coalesce({{ condition }}, false) then '{{ name }}'
        {% endfor -%}
    end as blocked_by,
    cast({{ value }} as decimal(18, 4)) as value,
    case when met = {{ 2 ** (clauses | length) - 1 }} then {{ json_object(reason) }} end as reason,
    case when met = {{ 2 ** (clauses | length) - 1 }} then {{ json_object(context) }} end as context
from judged
{%- if scored %}
union all
-- Without a score nobody knows whether they would be a candidate: all of them are told as left out.
select
    not_profiled.profile_id,
    '{{ clauses.keys() | join(",") }}',
    0,
    'profiling',
    cast(null as decimal(18, 4)),
    null,
    null
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

{# The names of the audiences of some kinds. #}
{% macro audience_names(kinds) %}
    {% set names = [] %}
    {% for kind in kinds %}{% do names.extend(var('audiences', {}).get(kind, [])) %}{% endfor %}
    {{ return(names) }}
{% endmacro %}
