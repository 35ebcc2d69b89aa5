{# Whether a promo code (a row of unified_promo_codes) may be used on the day; its last day is one of its own. #}
{% macro is_code_valid(codes, day) -%}
({{ codes }}.valid_from is null or {{ day }} >= cast({{ codes }}.valid_from as date))
        and ({{ codes }}.valid_to is null or {{ day }} <= cast({{ codes }}.valid_to as date))
{%- endmacro %}
