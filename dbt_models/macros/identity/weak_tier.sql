{#
    What the links of a weak tier make of people: SELECT with one row per component whose person this tier or an earlier one decided,
    `component`, `person`, and `is_shared`: it touches several people, so its links join nobody.

    A weak identifier joins what is nobody yet to somebody, and never people who differ. All that the tier's links hold together
    without passing through a known person is a group. A group that touches one person is that person's, one that touches none is a
    person of its own. Where it touches more, its inner links fall, and each of its members is judged by itself: it goes to the one
    person it touches, or, of several, to nobody. What would bring a forbidden pair together falls apart. So the answer is a function
    of the whole set of links.

    tier: 3 and up. earlier: the model of the tier before, if there is one.
    joins_people: people whom a group of the tier touches and who all say the same name are one person.
#}
{% macro weak_tier(tier, earlier=none, joins_people=false) %}
    {% if not execute %}
        {{ return('select cast(null as integer) as component, cast(null as integer) as person, cast(null as boolean) as is_shared') }}
    {% endif %}
    {% call scratch_as('wt_earlier') %}
        {% if earlier %}
        select component, person, is_shared from {{ earlier }}
        {% else %}
        select node as component, node as person, false as is_shared from {{ ref('nodes') }} where false
        {% endif %}
    {% endcall %}
    {% set told = 'select count(*) from ' ~ ref('judged_links') ~ ' where refused_reason is null and tier = ' ~ tier %}
    {% if run_query(told).rows[0][0] | int == 0 %}
        {{ return('select component, person, is_shared from ' ~ scratch_name('wt_earlier')) }}
    {% endif %}

    {% call scratch_as('wt_known') %}
        select distinct {{ person_so_far('known.node') }} as person
        from (
            select node from {{ ref('nodes') }} where names_person and tier < {{ tier }}
            union
            select node from {{ ref('named_nodes') }}
        ) as known
        {{ so_far('known.node') }}
    {% endcall %}
    {# Links between what the tiers before have made; those of what is shared join nobody. #}
    {% call scratch_as('wt_ends') %}
        select distinct lefts.person as a, {{ person_so_far('lefts.right_node') }} as b
        from (
            select {{ person_so_far('links.left_node') }} as person, links.right_node
            from {{ ref('judged_links') }} as links
            {{ so_far('links.left_node') }}
            where links.tier = {{ tier }} and links.refused_reason is null and not coalesce(earlier.is_shared, false)
        ) as lefts
        {{ so_far('lefts.right_node') }}
        where not coalesce(earlier.is_shared, false)
    {% endcall %}
    {% call scratch_as('wt_links') %}
        select ends.a, ends.b, known_a.person is not null as a_known, known_b.person is not null as b_known
        from {{ scratch_name('wt_ends') }} as ends
        left join {{ scratch_name('wt_known') }} as known_a on ends.a = known_a.person
        left join {{ scratch_name('wt_known') }} as known_b on ends.b = known_b.person
        where ends.a <> ends.b
    {% endcall %}
    {% do scratch('wt_groups', connected_components(
        '(select a, b from ' ~ scratch_name('wt_links') ~ ' where not a_known and not b_known)'
    )) %}
    {% call scratch_as('wt_touches') %}
        select coalesce(inner_links.component, touches.member) as unit, touches.member, touches.person
        from (
            select a as member, b as person from {{ scratch_name('wt_links') }} where not a_known and b_known
            union
            select b, a from {{ scratch_name('wt_links') }} where a_known and not b_known
        ) as touches
        left join {{ scratch_name('wt_groups') }} as inner_links on touches.member = inner_links.node
    {% endcall %}
    {% do scratch('wt_names', people_by_names()) %}
    {% do scratch('wt_alike', of_one_name(joins_people)) %}
    {% do scratch('wt_alike_people', connected_components(side_by_side('wt_alike'))) %}
    {# Units may share a person who says no name or no birth date, and so bring together two who say different ones. #}
    {% call scratch_as('wt_same') %}
        select alike.unit, alike.person
        from {{ scratch_name('wt_alike') }} as alike
        inner join {{ scratch_name('wt_alike_people') }} as people on alike.person = people.node
        where people.component not in (
            select people.component
            from {{ scratch_name('wt_alike_people') }} as people
            inner join {{ scratch_name('wt_names') }} as names on people.node = names.person
            group by people.component
            having count(distinct names.name) > 1 or count(distinct names.birth_date) > 1
        )
    {% endcall %}
    {% do scratch('wt_merged', connected_components(side_by_side('wt_same'))) %}
    {# A unit is a group, or one member of a group that touches several people. #}
    {% call scratch_as('wt_members') %}
        select
            members.member,
            case when split_up.unit is null then members.unit else members.member end as unit
        from (
            select node as member, component as unit from {{ scratch_name('wt_groups') }}
            union
            select member, unit from {{ scratch_name('wt_touches') }}
        ) as members
        left join (
            select unit
            from {{ scratch_name('wt_touches') }}
            where unit not in (select unit from {{ scratch_name('wt_same') }})
            group by unit
            having count(distinct person) > 1
        ) as split_up on members.unit = split_up.unit
    {% endcall %}
    {% call scratch_as('wt_decided') %}
        select
            members.member,
            members.unit,
            case when owners.people = 1 then owners.person else members.unit end as person,
            coalesce(owners.people > 1, false) as is_shared
        from {{ scratch_name('wt_members') }} as members
        left join (
            select
                members.unit,
                min(coalesce(merged.component, touches.person)) as person,
                count(distinct coalesce(merged.component, touches.person)) as people
            from {{ scratch_name('wt_members') }} as members
            inner join {{ scratch_name('wt_touches') }} as touches on members.member = touches.member
            left join {{ scratch_name('wt_merged') }} as merged on touches.person = merged.node
            group by members.unit
        ) as owners on members.unit = owners.unit
        union all
        select node, node, component, false from {{ scratch_name('wt_merged') }} where node <> component
    {% endcall %}
    {% call scratch_as('wt_moved') %}
        select
            decided.member,
            case when apart.unit is null then decided.person else decided.member end as person,
            decided.is_shared or apart.unit is not null as is_shared
        from {{ scratch_name('wt_decided') }} as decided
        left join ({{ brought_together() }}) as apart on decided.unit = apart.unit
    {% endcall %}
    {% set people %}
        select
            earlier.component,
            coalesce(moved.person, earlier.person) as person,
            earlier.is_shared or coalesce(moved.is_shared, false) as is_shared
        from {{ scratch_name('wt_earlier') }} as earlier
        left join {{ scratch_name('wt_moved') }} as moved on earlier.person = moved.member
        union all
        select moved.member, moved.person, moved.is_shared
        from {{ scratch_name('wt_moved') }} as moved
        left join {{ scratch_name('wt_earlier') }} as earlier on moved.member = earlier.component
        where earlier.component is null
    {% endset %}
    {{ return(people) }}
{% endmacro %}

{# What earlier tiers made of a node, and the joins that tell. #}
{% macro person_so_far(node) -%}
coalesce(earlier.person, strong.person, {{ node }})
{%- endmacro %}

{% macro so_far(node) %}
        left join {{ ref('strong_people') }} as strong on {{ node }} = strong.node
        left join {{ scratch_name('wt_earlier') }} as earlier on coalesce(strong.person, {{ node }}) = earlier.component
{% endmacro %}

{# The names and birth dates that people say, by what earlier tiers made of them. #}
{% macro people_by_names() %}
        select distinct {{ person_so_far('named.node') }} as person, named.name, named.birth_date
        from {{ ref('named_nodes') }} as named
        {{ so_far('named.node') }}
{% endmacro %}

{# Units that touch several people who are one, and these people: each of them has a name, all that they say is one name, and no birth
   dates differ. Who says no name may be anybody in the house, so a telephone alone makes nobody of two. But orders and forms without
   name, e-mail and login, under one number of the till at most, are nobody by themselves: they are whose telephone they name.
   Somebody's word tells people apart as well. #}
{% macro of_one_name(asked) %}
    {% if not asked %}{{ return('select unit, person from ' ~ scratch_name('wt_touches') ~ ' where false') }}{% endif %}
    {% set query %}
        with touches as (
            select touches.unit, touches.person, crowds.people
            from (select distinct unit, person from {{ scratch_name('wt_touches') }}) as touches
            inner join (
                select unit, count(distinct person) as people
                from {{ scratch_name('wt_touches') }}
                group by unit
                having count(distinct person) > 1
            ) as crowds on touches.unit = crowds.unit
        ),

        kinds as (
            select
                touches.unit,
                touches.person,
                max(case when nodes.identifier_type in ('contact_id', 'user_id', 'email', 'hashed_email') then 1 else 0 end) as is_somebody,
                {% for type in ['customer_id', 'loyalty_card'] -%}
                max(case when nodes.identifier_type = '{{ type }}' then 1 else 0 end) as has_{{ type }}{{ ',' if not loop.last }}
                {% endfor %}
            from {{ ref('nodes') }} as nodes
            {{ so_far('nodes.node') }}
            inner join touches on {{ person_so_far('nodes.node') }} = touches.person
            group by touches.unit, touches.person
        ),

        told as (
            select
                kinds.*,
                names.name,
                names.birth_date,
                touches.people,
                case when names.name is not null then kinds.person end as named,
                case when names.name is not null or kinds.is_somebody = 0 then kinds.person end as suited
            from touches
            inner join kinds on touches.unit = kinds.unit and touches.person = kinds.person
            left join {{ scratch_name('wt_names') }} as names on kinds.person = names.person
        ),

        agreed as (
            select unit
            from told
            group by unit, people
            having count(distinct name) = 1
               and count(distinct birth_date) <= 1
               and count(distinct suited) = people
               and (
                   count(distinct named) = people
                   {% for type in ['customer_id', 'loyalty_card'] -%}
                   {{ 'or' if loop.first else 'and' }} count(distinct case when has_{{ type }} = 1 then person end) <= 1
                   {% endfor -%}
               )
        ),

        forbidden as (
            select parts.unit
            from (
                select unit, person as part from touches
                union
                select unit, member from {{ scratch_name('wt_touches') }}
                union
                select component, node from {{ scratch_name('wt_groups') }}
            ) as parts
            inner join ({{ forbidden_so_far() }}) as pairs on parts.part in (pairs.a, pairs.b)
        )

        select touches.unit, touches.person
        from touches
        inner join agreed on touches.unit = agreed.unit
        where touches.unit not in (select unit from forbidden)
    {% endset %}
    {{ return(query) }}
{% endmacro %}

{# The graph in which the people of a unit hang together: edges for connected_components(). #}
{% macro side_by_side(units) -%}
    (select min(person) over (partition by unit) as a, person as b from {{ scratch_name(units) }})
{%- endmacro %}

{# Forbidden pairs as what earlier tiers made of them. #}
{% macro forbidden_so_far() %}
        select lefts.person as a, {{ person_so_far('lefts.b') }} as b
        from (
            select {{ person_so_far('pairs.a') }} as person, pairs.b
            from {{ ref('forbidden_pairs') }} as pairs
            {{ so_far('pairs.a') }}
        ) as lefts
        {{ so_far('lefts.b') }}
{% endmacro %}

{# Units that would bring a forbidden pair together. #}
{% macro brought_together() %}
        select distinct decided.unit
        from (
            select forbidden.a, forbidden.b
            from ({{ forbidden_so_far() }}) as forbidden
            left join {{ scratch_name('wt_decided') }} as one on forbidden.a = one.member
            left join {{ scratch_name('wt_decided') }} as other on forbidden.b = other.member
            where coalesce(one.person, forbidden.a) = coalesce(other.person, forbidden.b)
        ) as pairs
        inner join {{ scratch_name('wt_decided') }} as decided on decided.member in (pairs.a, pairs.b)
{% endmacro %}
