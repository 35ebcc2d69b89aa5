{# The newest version of each row of a raw table that keeps versions. The contract's own `version` columns decide first, then the day
   in the landing path, never the order of arrival; a tie is broken by content, so that every machine breaks it alike.
   Most rows have one version, so only the others are sorted. #}
{% macro latest_version(relation, version=[]) %}
with repeated as (
    select _key
    from {{ relation }}
    group by _key
    having count(*) > 1
)

select *
from {{ relation }} as single
where not exists (select 1 from repeated where repeated._key = single._key)
union all
select *
from {{ relation }} as several
where exists (select 1 from repeated where repeated._key = several._key)
qualify row_number() over (
    partition by _key
    order by {% for column in version %}{{ column }} desc nulls last, {% endfor %}_landed_on desc nulls last, _hash desc
) = 1
{% endmacro %}
