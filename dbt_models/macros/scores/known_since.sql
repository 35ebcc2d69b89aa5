{#
    Since when the identifiers of a person have been known to be theirs: SELECT with one row per anchor and identifier, `anchor`,
    `node`, `since`. As of a moment, a person is what can be reached from the anchor over the links seen until then: each identifier
    is known since the newest link on the way to it, on the way on which that is oldest.

    Links are followed outwards, round by round, from what became known, or known earlier, in the round before (semi-naive
    evaluation), until nothing does.

    anchors: relation of `anchor`, one node each. links: relation of `a`, `b`, `since`, each link once and both ways.
#}
{% macro known_since(anchors, links) %}
    {% if not execute %}{{ return("select cast(null as string) as anchor, cast(null as string) as node, cast(null as timestamp) as since") }}{% endif %}
    {% do scratch('ks_known_0', "select anchor, anchor as node, timestamp '0001-01-01 00:00:00' as since from " ~ anchors) %}
    {% do scratch('ks_news_0', 'select anchor, node, since from ' ~ scratch_name('ks_known_0')) %}
    {% set walk = namespace(round=0, left=scratch_count('ks_news_0')) %}
    {% for step in range(1, 1000) if walk.left > 0 %}
        {% call scratch_as('ks_news_' ~ step) %}
            select found.anchor, found.node, found.since
            from (
                select news.anchor, links.b as node, min(greatest(news.since, links.since)) as since
                from {{ scratch_name('ks_news_' ~ walk.round) }} as news
                inner join {{ links }} as links on news.node = links.a
                group by news.anchor, links.b
            ) as found
            left join {{ scratch_name('ks_known_' ~ walk.round) }} as known on found.anchor = known.anchor and found.node = known.node
            where known.node is null or found.since < known.since
        {% endcall %}
        {% call scratch_as('ks_known_' ~ step) %}
            select * from {{ scratch_name('ks_news_' ~ step) }}
            union all
            select known.*
            from {{ scratch_name('ks_known_' ~ walk.round) }} as known
            left join {{ scratch_name('ks_news_' ~ step) }} as news on known.anchor = news.anchor and known.node = news.node
            where news.node is null
        {% endcall %}
        {% set walk.round = step %}
        {% set walk.left = scratch_count('ks_news_' ~ step) %}
    {% endfor %}
    {{ return('select anchor, node, since from ' ~ scratch_name('ks_known_' ~ walk.round)) }}
{% endmacro %}
