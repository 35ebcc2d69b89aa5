{#
    The connected components of a graph, kept from run to run: SELECT of `node` and `component` for an incremental model with
    `unique_key='node'` and the post-hook `keep_edges(edges)`, which remembers the edges that the kept components stand on.

    The first time the whole graph is solved. Later components that lost an edge fall apart into their nodes and are solved again
    from the edges they still have; to these the new edges are added, and the small graph of components that they touch is
    contracted. Only nodes whose component changed come out. The components are those of a full solve, and so are their names, the
    smallest node.

    edges: relation with integer columns `a` and `b`, each pair once, and `_batch`, the load batch that brought it (NULL if unknown).
#}
{% macro kept_components(edges) %}
    {% if not execute %}{{ return('select cast(null as integer) as node, cast(null as integer) as component') }}{% endif %}
    {% if not is_incremental() or not load_relation(kept_edges()) %}{{ return(all_components(edges)) }}{% endif %}
    {{ compare_edges(edges) }}
    {% call scratch_as('kc_fallen') %}
        select node from {{ this }}
        where component in (select component from {{ this }} where node in (select a from {{ scratch_name('kc_lost') }}))
    {% endcall %}
    {% call scratch_as('kc_news') %}
        select a, b from {{ scratch_name('kc_added') }}
        {% if scratch_count('kc_lost') > 0 %}
        union all
        select edges.a, edges.b
        from {{ edges }} as edges
        inner join {{ scratch_name('kc_fallen') }} as fallen on edges.a = fallen.node
        {% endif %}
    {% endcall %}
    {# What a node stands for: the component it kept, else itself. #}
    {% call scratch_as('kc_kept') %}
        select node, component from {{ this }}
        where node in (select a from {{ scratch_name('kc_news') }} union all select b from {{ scratch_name('kc_news') }})
          and node not in (select node from {{ scratch_name('kc_fallen') }})
    {% endcall %}
    {% call scratch_as('kc_contracted') %}
        select coalesce(p.component, news.a) as a, coalesce(q.component, news.b) as b
        from {{ scratch_name('kc_news') }} as news
        left join {{ scratch_name('kc_kept') }} as p on news.a = p.node
        left join {{ scratch_name('kc_kept') }} as q on news.b = q.node
    {% endcall %}
    {% do scratch('kc_merged', connected_components(scratch_name('kc_contracted'))) %}
    {% set changed %}
        select known.node, merged.component
        from {{ this }} as known
        inner join (
            select node, component from {{ scratch_name('kc_merged') }} where node <> component
        ) as merged on known.component = merged.node
        where known.node not in (select node from {{ scratch_name('kc_fallen') }})
        union all
        select fallen.node, coalesce(merged.component, fallen.node)
        from {{ scratch_name('kc_fallen') }} as fallen
        left join {{ scratch_name('kc_merged') }} as merged on fallen.node = merged.node
        union all
        select node, component from {{ scratch_name('kc_merged') }}
        where node not in (select component from {{ scratch_name('kc_kept') }})
          and node not in (select node from {{ scratch_name('kc_fallen') }})
    {% endset %}
    {{ return(changed) }}
{% endmacro %}

{# What the edges gained (`kc_added`) and lost (`kc_lost`) against those that are kept. Where the newest batches' edges account for
   all of the difference, nothing is lost, and nothing else need be compared: that is so on most days, and takes a tenth of the time.
   Some of these edges may be known, seen again in a newer file. #}
{% macro compare_edges(edges) %}
    {% set kept = kept_edges() %}
    {% call scratch_as('kc_candidates') %}
        select a, b, _batch from {{ edges }} where _batch is null or _batch > {{ newest_batch(kept) }}
    {% endcall %}
    {% do scratch('kc_added', 'select a, b, _batch from ' ~ scratch_name('kc_candidates')) %}
    {% do scratch('kc_lost', 'select a, b from ' ~ kept ~ ' where false') %}
    {% if not accounted_for(edges, kept) %}
        {% call scratch_as('kc_known') %}
            select a, b from {{ kept }} where (a, b) in (select a, b from {{ scratch_name('kc_candidates') }})
        {% endcall %}
        {% call scratch_as('kc_added') %}
            select a, b, _batch from {{ scratch_name('kc_candidates') }} where (a, b) not in (select a, b from {{ scratch_name('kc_known') }})
        {% endcall %}
        {% if not accounted_for(edges, kept) %}
            {% call scratch_as('kc_added') %}
                select edges.a, edges.b, edges._batch
                from {{ edges }} as edges
                left join {{ kept }} as kept on edges.a = kept.a and edges.b = kept.b
                where kept.a is null
            {% endcall %}
            {% call scratch_as('kc_lost') %}
                select kept.a, kept.b
                from {{ kept }} as kept
                left join {{ edges }} as edges on kept.a = edges.a and kept.b = edges.b
                where edges.a is null
            {% endcall %}
        {% endif %}
    {% endif %}
{% endmacro %}

{# Whether the edges are those kept and those of `kc_added`, each of them once. #}
{% macro accounted_for(edges, kept) %}
    {% set told %}
        select count(distinct told.sums) from (
            select {{ edge_sums() }} as sums from {{ edges }}
            union all
            select {{ edge_sums() }} from (select a, b from {{ kept }} union all select a, b from {{ scratch_name('kc_added') }}) as all_edges
        ) as told
    {% endset %}
    {{ return(run_query(told).rows[0][0] | int == 1) }}
{% endmacro %}

{# Aggregate: sums that two sets of edges share only if they are the same, but for a chance in 10^18: products modulo two primes. #}
{% macro edge_sums() -%}
    cast(count(*) as string) || '|' || cast(coalesce(sum((cast(a as bigint) * b + a) % 1000000007), 0) as string)
    || '|' || cast(coalesce(sum((cast(a as bigint) * 65537 + cast(b as bigint) * b) % 998244353), 0) as string)
{%- endmacro %}

{# The whole graph solved. The edges kept so far go first: without them, components that a crash has left behind are not believed. #}
{% macro all_components(edges) %}
    {% do run_query('drop table if exists ' ~ kept_edges()) %}
    {% set components = connected_components(edges) %}
    {% for name in ['kc_added', 'kc_lost'] %}{% do scratch(name, 'select a, b, _batch from ' ~ edges ~ ' where false') %}{% endfor %}
    {% if not is_incremental() %}{{ return(components) }}{% endif %}
    {% do scratch('kc_all', components) %}
    {% set with_the_gone %}
        select node, component from {{ scratch_name('kc_all') }}
        union all
        select node, node from {{ this }} where node not in (select node from {{ scratch_name('kc_all') }})
    {% endset %}
    {{ return(with_the_gone) }}
{% endmacro %}

{# Where the edges of this model's components are remembered. #}
{% macro kept_edges() %}
    {{ return(api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '_edges', type='table')) }}
{% endmacro %}

{# Remembers the edges, in the transaction that stores the components: all where none are kept, else those gained and lost. #}
{% macro keep_edges(edges) %}
    {% if execute %}
        {% do run_query('create table if not exists ' ~ kept_edges() ~ ' as select a, b, _batch from ' ~ edges) %}
        {% if scratch_count('kc_lost') > 0 %}
            {% set without_lost = delete_rows(kept_edges(), '(a, b) in (select a, b from ' ~ scratch_name('kc_lost') ~ ')') %}
            {% if without_lost %}{% do run_query(without_lost) %}{% endif %}
        {% endif %}
        insert into {{ kept_edges() }} select a, b, _batch from {{ scratch_name('kc_added') }}
    {% endif %}
{% endmacro %}
