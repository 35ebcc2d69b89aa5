{# By what a conversion is known in the books of what was sent: nobody can be told by it. #}
{% macro conversion_key(conversion) %}{{ return(sha256(conversion ~ '.conversion_id')) }}{% endmacro %}

{# By what a platform knows a conversion. Of a purchase the order's number, by which it finds the same one reported by the site's tag;
   of what is no order, is called after its customer (an @) or is no number that files carry, one that says nothing. Platforms refuse what tells of people there. #}
{% macro conversion_number(conversion) -%}
case
    when {{ conversion }}.kind = 'purchase' and {{ matches(conversion ~ '.reference', '^[!-?A-~]{1,64}$') }}
        then {{ conversion }}.reference
    else substr({{ conversion_key(conversion) }}, 1, 32)
end
{%- endmacro %}
