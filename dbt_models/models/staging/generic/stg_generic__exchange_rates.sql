-- One row per day and pair of currencies, in its newest version.
{{ config(enabled=feeds('generic', 'exchange_rates')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'exchange_rates')) }}
)

select
    raw.date,
    upper(trim(raw.from_currency)) as from_currency,
    upper(trim(raw.to_currency)) as to_currency,
    try_cast(raw.rate as decimal(20, 12)) as rate,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
