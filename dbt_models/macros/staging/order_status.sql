{# A vendor's word for an order's state as one of ours: paid, pending, refunded, partially_refunded, cancelled, test.
   An order without a word is a sale; an unknown word is no revenue until someone says what it means (`values:` in relance.yml). #}
{% macro order_status(word) -%}
case
    when {{ word }} is null or trim({{ word }}) = '' then 'paid'
    when lower(trim({{ word }})) in (
        'paid', 'complete', 'completed', 'closed', 'processing', 'fulfilled', 'shipped', 'delivered', 'success', 'succeeded', 'invoiced'
    ) then 'paid'
    when lower(trim({{ word }})) in ('refunded', 'returned', 'charged_back', 'chargeback') then 'refunded'
    when lower(trim({{ word }})) in ('partially_refunded', 'partially refunded', 'partial_refund', 'partially_returned') then 'partially_refunded'
    when lower(trim({{ word }})) in (
        'cancelled', 'canceled', 'voided', 'void', 'failed', 'declined', 'expired', 'abandoned'
    ) then 'cancelled'
    when lower(trim({{ word }})) = 'test' then 'test'
    else 'pending'
end
{%- endmacro %}
