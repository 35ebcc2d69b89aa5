{#
    What the trees of models say of people: SELECT of `model`, `profile_id`, `value`, one row per person of a model that has trees.
    Trees are written out as nested CASEs over one column per feature, so that each person is looked at once.
#}
{% macro leaf_sums(nodes, candidates, terms, bins) %}
{% set models = {} %}
{% set columns = {} %}
{% if execute %}
    {% for model, tree, node, place, rank, left, right, value in run_query(
        'select model, tree, node, place, rank, left_node, right_node, value from ' ~ nodes ~ ' order by 1, 2, 3'
    ).rows %}
        {% do models.setdefault(model, {}).setdefault(tree, []).append({
            'place': place, 'rank': rank, 'left': (left or 0) | int, 'right': (right or 0) | int, 'value': value,
        }) %}
    {% endfor %}
    {% for model, place, rank in run_query('select model, place, rank from ' ~ bins ~ ' where bin = 0 order by 1, 2').rows %}
        {% do columns.setdefault(model, []).append((place, rank)) %}
    {% endfor %}
{% endif %}
{% for model, trees in models.items() %}
select
    '{{ model }}' as model,
    profile_id,
    {% for tree in trees.values() -%}
    cast({{ branch(tree, 0) }} as decimal(18, 6)){{ ' +' if not loop.last }}
    {% endfor %} as value
from (
    select
        candidates.profile_id,
        {% for place, rank in columns[model] -%}
        coalesce(max(case when terms.place = {{ place }} then terms.rank end), {{ rank }}) as f{{ place }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ candidates }} as candidates
    left join {{ terms }} as terms on candidates.profile_id = terms.profile_id and candidates.model = terms.model
    where candidates.model = '{{ model }}'
    group by candidates.profile_id
) as people
{{ 'union all' if not loop.last }}
{% endfor %}
{% if not models %}
select cast(null as string) as model, cast(null as string) as profile_id, cast(null as decimal(18, 6)) as value
where false
{% endif %}
{% endmacro %}

{# One tree from one of its nodes on. #}
{% macro branch(tree, at) -%}
{%- set node = tree[at] -%}
{%- if node.place is none -%}
{{ node.value }}
{%- else -%}
case when f{{ node.place }} <= {{ node.rank }} then {{ branch(tree, node.left) }} else {{ branch(tree, node.right) }} end
{%- endif -%}
{%- endmacro %}
