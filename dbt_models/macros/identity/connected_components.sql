{#
    The connected components of an undirected graph: SELECT with one row per node that has an edge to another, `node` and
    `component` (the smallest node of its component). Nodes are integers.

    Edge contraction: each node hooks to its smallest smaller neighbour, pointers jump until they rest on roots, and what is left
    of the edges is rewritten to the roots; repeated while any are left. A node with several smaller neighbours passes its further
    edges on to the smallest of them: of two, without looking them up. Every round at least halves the nodes that still have an edge.
    Only MIN, MAX, GROUP BY, JOIN and DISTINCT are used, which every engine has. Method: hooking and pointer jumping
    (Shiloach & Vishkin, "An O(log n) parallel connectivity algorithm", 1982).

    edges: relation, or query in brackets, with columns `a` and `b`; an edge to itself or told twice changes nothing.
#}
{% macro connected_components(edges) %}
    {% if not execute %}{{ return('select cast(null as integer) as node, cast(null as integer) as component') }}{% endif %}
    {% set rounds = namespace(made=0, edges=edges, left=1) %}
    {% set rested = [] %}
    {% for round in range(64) if rounds.left > 0 %}
        {% set rounds.made = rounds.made + 1 %}
        {% call scratch_as('cc_hooks') %}
            select greatest(a, b) as node, min(least(a, b)) as parent, max(least(a, b)) as farthest, count(*) as edges
            from {{ rounds.edges }} as edges
            where a <> b
            group by greatest(a, b)
        {% endcall %}
        {% call scratch_as('cc_further') %}
            select parent as a, farthest as b from {{ scratch_name('cc_hooks') }} where parent < farthest
            {# Few are told twice before nodes have become one. #}
            {{ 'union all' if rounds.made == 1 else 'union' }}
            select hooks.parent, least(edges.a, edges.b)
            from {{ rounds.edges }} as edges
            inner join {{ scratch_name('cc_hooks') }} as hooks on greatest(edges.a, edges.b) = hooks.node
            where hooks.edges > 2 and least(edges.a, edges.b) > hooks.parent and least(edges.a, edges.b) < hooks.farthest
        {% endcall %}
        {% set parents = rest_on_roots('cc_hooks', 'cc_parents_' ~ rounds.made) %}
        {% do rested.append(parents) %}
        {% call scratch_as('cc_edges_' ~ rounds.made) %}
            select coalesce(p.parent, edges.a) as a, coalesce(q.parent, edges.b) as b
            from {{ scratch_name('cc_further') }} as edges
            left join {{ scratch_name(parents) }} as p on edges.a = p.node
            left join {{ scratch_name(parents) }} as q on edges.b = q.node
            where coalesce(p.parent, edges.a) <> coalesce(q.parent, edges.b)
        {% endcall %}
        {% set rounds.edges = scratch_name('cc_edges_' ~ rounds.made) %}
        {% set rounds.left = scratch_count('cc_edges_' ~ rounds.made) %}
    {% endfor %}
    {# Composed from the last round back to the first. Roots hook to nobody, so they are added at the end. #}
    {% set labels = namespace(name=rested[-1]) %}
    {% for round in range(rounds.made - 1, 0, -1) %}
        {% call scratch_as('cc_labels_' ~ round) %}
            select p.node, coalesce(labels.parent, p.parent) as parent
            from {{ scratch_name(rested[round - 1]) }} as p
            left join {{ scratch_name(labels.name) }} as labels on p.parent = labels.node
            union all
            select node, parent from {{ scratch_name(labels.name) }}
        {% endcall %}
        {% set labels.name = 'cc_labels_' ~ round %}
    {% endfor %}
    {{ return(
        'select node, parent as component from ' ~ scratch_name(labels.name)
        ~ ' union all select distinct parent, parent from ' ~ scratch_name(labels.name)
    ) }}
{% endmacro %}

{# The name of a scratch table (node, parent) in which every pointer of `hooks` has followed its parent's until it rests on a root.
   Two tables are made from one another by turns, `name` in both of theirs. #}
{% macro rest_on_roots(hooks, name) %}
    {% call scratch_as(name ~ '_0') %}
        select p.node, coalesce(q.parent, p.parent) as parent, q.parent is not null as moved
        from {{ scratch_name(hooks) }} as p
        left join {{ scratch_name(hooks) }} as q on p.parent = q.node
    {% endcall %}
    {% set jump = namespace(last=name ~ '_0', moving=scratch_count(name ~ '_0', 'moved')) %}
    {% for step in range(64) if jump.moving > 0 %}
        {% set next = name ~ '_' ~ (step + 1) % 2 %}
        {% call scratch_as(next) %}
            select node, parent, false as moved from {{ scratch_name(jump.last) }} where not moved
            union all
            select p.node, coalesce(q.parent, p.parent), q.parent is not null
            from (select node, parent from {{ scratch_name(jump.last) }} where moved) as p
            left join {{ scratch_name(jump.last) }} as q on p.parent = q.node
        {% endcall %}
        {% set jump.last = next %}
        {% set jump.moving = scratch_count(next, 'moved') %}
    {% endfor %}
    {{ return(jump.last) }}
{% endmacro %}

{% macro scratch_count(name, condition='true') %}
    {{ return(run_query('select count(*) from ' ~ scratch_name(name) ~ ' where ' ~ condition).rows[0][0] | int) }}
{% endmacro %}
