{# Rows of a table that name their person by the company's number or, without one, by an e-mail address: its columns, with profile_id. #}
{% macro with_person(model, columns) -%}
(
    select identifiers.profile_id, told.{{ columns | join(', told.') }}
    from {{ ref(model) }} as told
    inner join {{ ref('identifiers') }} as identifiers
        on identifiers.identifier_type = case when told.customer_id is not null then 'customer_id' else 'email' end
        and identifiers.identifier = coalesce({{ account_id('told.customer_id', 'told.source') }}, told.email)
)
{%- endmacro %}
