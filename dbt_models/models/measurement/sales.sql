-- One row per sale, as profiles.conversions says what one is.
select
    kind,
    conversion_id,
    profile_id,
    occurred_at,
    {{ local_date('occurred_at') }} as sold_on,
    net_company,
    not {{ sold_off_site('channel') }} as is_on_site
from {{ ref('conversions') }}
where is_sale
