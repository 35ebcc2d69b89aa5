{# An order's id, told apart from other orders that bear the same one (a shop that restarted its numbering): the oldest keeps it, the
   others add when they were made. Only a company whose `key:` for orders says so has any; else all rows of an id are its versions. #}
{% macro told_apart(id, made_at) -%}
case
    when row_number() over (partition by {{ id }} order by {{ made_at }}, _key) = 1 then {{ id }}
    else concat({{ id }}, '/', cast({{ made_at }} as string))
end
{%- endmacro %}
