{#
    The connected components of an undirected graph: SELECT with one row per node, `node` and `component` (the smallest
    node of its component). Nodes are integers.

    Edge contraction: each node hooks to its smallest smaller neighbour; pointers jump until they rest on roots; edges are
    rewritten to the roots and the same is done to what is left. Every round at least halves the nodes that still have an
    edge, so the number of rounds grows with the logarithm of the longest path. Only MIN, GROUP BY, JOIN and DISTINCT are
    used, which every engine has. Method: Borůvka-style hooking and pointer jumping (Shiloach & Vishkin, 1982).

    nodes: relation with column `node`; edges: relation with columns `a` and `b`, both among the nodes.
#}
{% macro connected_components(nodes, edges) %}
    {% if not execute %}{{ return('select cast(null as bigint) as node, cast(null as bigint) as component') }}{% endif %}
    {% do scratch('cc_edges', 'select distinct least(a, b) as a, greatest(a, b) as b from ' ~ edges ~ ' where a <> b') %}
    {% do scratch('cc_labels', 'select node, node as component from ' ~ nodes) %}
    {% set rounds = namespace(left=scratch_count('cc_edges')) %}
    {% for round in range(64) if rounds.left > 0 %}
        {% do scratch('cc_parents', 'select b as node, min(a) as parent from ' ~ scratch_name('cc_edges') ~ ' group by b') %}
        {% set jump = namespace(moving=1) %}
        {% for step in range(64) if jump.moving > 0 %}
            {% do scratch('cc_jumped',
                'select p.node, coalesce(q.parent, p.parent) as parent, case when q.parent is null then 0 else 1 end as moved from '
                ~ scratch_name('cc_parents') ~ ' as p left join ' ~ scratch_name('cc_parents') ~ ' as q on p.parent = q.node') %}
            {% set jump.moving = run_query('select coalesce(max(moved), 0) from ' ~ scratch_name('cc_jumped')).rows[0][0] | int %}
            {% do scratch('cc_parents', 'select node, parent from ' ~ scratch_name('cc_jumped')) %}
        {% endfor %}
        {% do scratch('cc_relabelled',
            'select l.node, coalesce(p.parent, l.component) as component from ' ~ scratch_name('cc_labels') ~ ' as l left join '
            ~ scratch_name('cc_parents') ~ ' as p on l.component = p.node') %}
        {% do scratch('cc_labels', 'select node, component from ' ~ scratch_name('cc_relabelled')) %}
        {% do scratch('cc_contracted',
            'select distinct least(a, b) as a, greatest(a, b) as b from (select coalesce(p.parent, e.a) as a, coalesce(q.parent, e.b) as b from '
            ~ scratch_name('cc_edges') ~ ' as e left join ' ~ scratch_name('cc_parents') ~ ' as p on e.a = p.node left join '
            ~ scratch_name('cc_parents') ~ ' as q on e.b = q.node) as rewritten where a <> b') %}
        {% do scratch('cc_edges', 'select a, b from ' ~ scratch_name('cc_contracted')) %}
        {% set rounds.left = scratch_count('cc_edges') %}
    {% endfor %}
    {{ return('select node, component from ' ~ scratch_name('cc_labels')) }}
{% endmacro %}

{% macro scratch_count(name) %}
    {{ return(run_query('select count(*) from ' ~ scratch_name(name)).rows[0][0] | int) }}
{% endmacro %}
