-- One row per network of a company, in its newest version.
{{ config(enabled=feeds('generic', 'ip_companies')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'ip_companies')) }}
)

select
    raw.network,
    raw.company,
    lower(trim(raw.domain)) as domain,
    raw.industry,
    iso.country as country,
    raw._landed_on as listed_on,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ iso_country('raw.country') }}
