{# The join that brings an e-mail's normalised value, made once by the loads: read it as `<alias>.value` (NULL if it is no e-mail). #}
{% macro normalised_email(raw, alias='normal_email') %}
left join {{ source('identity', 'normalised') }} as {{ alias }}
    on {{ alias }}.kind = 'email' and {{ alias }}.raw = {{ raw }}
{% endmacro %}
