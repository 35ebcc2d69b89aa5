{# The join that turns a country as systems write it into its ISO 3166-1 alpha-2 code: read it as `<alias>.country`. #}
{% macro iso_country(text, alias='iso') %}
left join {{ ref('country_names') }} as {{ alias }}
    on {{ alias }}.name = lower(trim({{ text }}))
{% endmacro %}
