-- One row per day and pair of currencies, whatever source it came from.
{{ config(alias='exchange_rates') }}

{{ unify('exchange_rates', {
    'date': 'date',
    'from_currency': 'string',
    'to_currency': 'string',
    'rate': 'decimal(20, 12)',
}) }}
