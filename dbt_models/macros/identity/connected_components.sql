{#
    The connected components of an undirected graph: SELECT with one row per node that has an edge to another, `node` and
    `component` (the smallest node of its component). Nodes are integers.

    Edge contraction: each node hooks to its smallest smaller neighbour, pointers jump until they rest on roots, and what is left
    of the edges is rewritten to the roots; repeated while any are left. A node with several smaller neighbours passes its further
    edges on to the smallest of them, so only these are looked up. Every round at least halves the nodes that still have an edge.
    Only MIN, MAX, GROUP BY, JOIN and DISTINCT are used, which every engine has. Method: hooking and pointer jumping
    (Shiloach & Vishkin, "An O(log n) parallel connectivity algorithm", 1982).

    edges: relation, or query in brackets, with columns `a` and `b`; an edge to itself or told twice changes nothing.
#}
{% macro connected_components(edges) %}
    {% if not execute %}{{ return('select cast(null as integer) as node, cast(null as integer) as component') }}{% endif %}
    {% set rounds = namespace(made=0, edges=edges, left=1) %}
    {% for round in range(64) if rounds.left > 0 %}
        {% set rounds.made = rounds.made + 1 %}
        {% set parents = 'cc_parents_' ~ rounds.made %}
        {% call scratch_as('cc_hooks') %}
            select greatest(a, b) as node, min(least(a, b)) as parent, max(least(a, b)) as farthest
            from {{ rounds.edges }} as edges
            where a <> b
            group by greatest(a, b)
        {% endcall %}
        {% call scratch_as('cc_further') %}
            select distinct hooks.parent as a, least(edges.a, edges.b) as b
            from {{ rounds.edges }} as edges
            inner join {{ scratch_name('cc_hooks') }} as hooks on greatest(edges.a, edges.b) = hooks.node
            where hooks.parent < hooks.farthest and least(edges.a, edges.b) > hooks.parent
        {% endcall %}
        {{ rest_on_roots('cc_hooks', parents) }}
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
    {% set labels = namespace(name='cc_parents_' ~ rounds.made) %}
    {% for round in range(rounds.made - 1, 0, -1) %}
        {% call scratch_as('cc_labels_' ~ round) %}
            select p.node, coalesce(labels.parent, p.parent) as parent
            from {{ scratch_name('cc_parents_' ~ round) }} as p
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

{# Makes `parents` (node, parent) of `hooks`: every pointer follows its parent's until it rests on a root. #}
{% macro rest_on_roots(hooks, parents) %}
    {% call scratch_as(parents) %}
        select p.node, coalesce(q.parent, p.parent) as parent, q.parent is not null as moved
        from {{ scratch_name(hooks) }} as p
        left join {{ scratch_name(hooks) }} as q on p.parent = q.node
    {% endcall %}
    {% set jump = namespace(moving=scratch_count(parents, 'moved')) %}
    {% for step in range(64) if jump.moving > 0 %}
        {% do scratch('cc_jumped', 'select node, parent, moved from ' ~ scratch_name(parents)) %}
        {% call scratch_as(parents) %}
            select node, parent, false as moved from {{ scratch_name('cc_jumped') }} where not moved
            union all
            select p.node, coalesce(q.parent, p.parent), q.parent is not null
            from (select node, parent from {{ scratch_name('cc_jumped') }} where moved) as p
            left join {{ scratch_name('cc_jumped') }} as q on p.parent = q.node
        {% endcall %}
        {% set jump.moving = scratch_count(parents, 'moved') %}
    {% endfor %}
{% endmacro %}

{% macro scratch_count(name, condition='true') %}
    {{ return(run_query('select count(*) from ' ~ scratch_name(name) ~ ' where ' ~ condition).rows[0][0] | int) }}
{% endmacro %}
