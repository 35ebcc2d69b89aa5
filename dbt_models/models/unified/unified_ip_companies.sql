-- One row per network of a company, whatever source it came from, as it is written there.
{{ config(alias='ip_companies') }}

with unified as (
    {{ unify('ip_companies', {
        'network': 'string',
        'company': 'string',
        'domain': 'string',
        'industry': 'string',
        'country': 'string',
        'listed_on': 'timestamp',
    }) }}
)

select
    unified.network,
    unified.company,
    unified.domain,
    unified.industry,
    unified.country,
    cast(unified.listed_on as date) as listed_on,
    unusable.reason as unusable_reason,
    unified.source,
    unified._batch
from unified
left join {{ source('identity', 'networks') }} as unusable
    on unified.network = unusable.network and unusable.reason is not null
