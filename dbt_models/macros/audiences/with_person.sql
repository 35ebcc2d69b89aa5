{# Rows of a table that name their person by the company's number or, where that stands for nobody (`guest`), by an e-mail address: its
   columns, with profile_id. #}
{% macro with_person(model, columns) -%}
(
    select coalesce(accounts.profile_id, addresses.profile_id) as profile_id, told.{{ columns | join(', told.') }}
    from {{ ref(model) }} as told
    left join {{ ref('identifiers') }} as accounts
        on accounts.identifier_type = 'customer_id' and accounts.identifier = {{ account_id('told.customer_id', 'told.source') }}
    left join {{ ref('identifiers') }} as addresses on addresses.identifier_type = 'email' and addresses.identifier = told.email
    where accounts.profile_id is not null or addresses.profile_id is not null
)
{%- endmacro %}
