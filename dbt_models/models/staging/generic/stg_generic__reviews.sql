-- One row per review, in its newest version.
{{ config(enabled=feeds('generic', 'reviews')) }}

with raw as (
    {{ latest_version(source('raw_generic', 'reviews')) }}
)

select
    raw.review_id,
    raw.customer_id,
    normal_email.value as email,
    raw.product_id,
    raw.rating,
    raw.created_at,
    raw._extra as traits,
    'generic' as source,
    raw._batch
from raw
{{ normalised_email('raw.email') }}
