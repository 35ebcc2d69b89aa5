{# Two lists that ga4_params() gave, of an event and of its user, as one JSON object text, name → value as text, with the user's under
   `user_properties`: so properties look alike whatever the source. It is put together as text, since a map would refuse a name that is
   given twice. #}
{% macro ga4_object(params, user) %}{{ return(adapter.dispatch('ga4_object')(params, user)) }}{% endmacro %}

{% macro default__ga4_object(params, user) -%}
    '{' || array_to_string(list_concat(
        {{ ga4_pairs(params) }},
        case when len({{ user }}) > 0 then ['"user_properties":{' || array_to_string({{ ga4_pairs(user) }}, ',') || '}'] end
    ), ',') || '}'
{%- endmacro %}

{% macro spark__ga4_object(params, user) -%}
    concat('{', array_join(concat(
        coalesce({{ ga4_pairs(params) }}, array()),
        case when size({{ user }}) > 0
            then array(concat('"user_properties":{', array_join({{ ga4_pairs(user) }}, ','), '}')) else array() end
    ), ','), '}')
{%- endmacro %}

{# A list of texts `"name":"value"`. #}
{% macro ga4_pairs(params) %}{{ return(adapter.dispatch('ga4_pairs')(params)) }}{% endmacro %}

{% macro default__ga4_pairs(params) -%}
    list_transform(
        list_filter({{ params }}, lambda param: param.key is not null and {{ ga4_value('param') }} is not null),
        lambda param: concat(to_json(param.key), ':', to_json({{ ga4_value('param') }}))
    )
{%- endmacro %}

{% macro spark__ga4_pairs(params) -%}
    transform(
        filter({{ params }}, param -> param.key is not null and {{ ga4_value('param') }} is not null),
        param -> concat({{ spark_json_value('param.key') }}, ':', {{ spark_json_value(ga4_value('param')) }})
    )
{%- endmacro %}

{# The value of one parameter, in whichever of the four fields it stands. #}
{% macro ga4_value(param) -%}
coalesce({% for kind in ['string', 'int', 'float', 'double'] %}{{ param }}.value.{{ kind }}_value{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
