-- One row per person of an example and identifier that belongs to them now, with since when that has been known: what is learnt of
-- them as of a moment may not come from a device that only a later login told to be theirs.
-- depends_on: {{ ref('prediction_examples') }}, {{ ref('edges') }}, {{ ref('identifiers') }}
{# The work is done while dbt compiles. #}
{% if execute %}
{% call scratch_as('known_anchors') %}
    select distinct anchor_type || ':' || anchor as anchor, profile_id from {{ ref('prediction_examples') }}
{% endcall %}
{% call scratch_as('known_links') %}
    select
        edges.left_type || ':' || edges.left_identifier as a,
        edges.right_type || ':' || edges.right_identifier as b,
        min(edges.first_seen) as since
    from {{ ref('edges') }} as edges
    inner join {{ ref('identifiers') }} as identifiers
        on edges.left_type = identifiers.identifier_type and edges.left_identifier = identifiers.identifier
    where edges.accepted
      and edges.first_seen < {{ score_setting('fit_at') }}
      and identifiers.profile_id in (select profile_id from {{ scratch_name('known_anchors') }})
    group by 1, 2
{% endcall %}
{% call scratch_as('known_ways') %}
    select a, b, since from {{ scratch_name('known_links') }}
    union all
    select b, a, since from {{ scratch_name('known_links') }}
{% endcall %}
{% endif %}

select
    anchor,
    substr(node, 1, instr(node, ':') - 1) as identifier_type,
    substr(node, instr(node, ':') + 1) as identifier,
    since as known_since
from ({{ known_since(scratch_name('known_anchors'), scratch_name('known_ways')) }}) as known
