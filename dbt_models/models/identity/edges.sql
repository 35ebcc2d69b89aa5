-- One row per observed link: whether it joins its ends into one person and, where not, why not.
with judged as (
    select
        links.*,
        coalesce(
            left_refused.reason, right_refused.reason, refused.reason, case when owners.people > 1 then 'shared_device' end
        ) as refused_reason
    from {{ ref('observed_links') }} as links
    left join {{ ref('refused_identifiers') }} as left_refused
        on links.left_type = left_refused.identifier_type and links.left_identifier = left_refused.identifier
    left join {{ ref('refused_identifiers') }} as right_refused
        on links.right_type = right_refused.identifier_type and links.right_identifier = right_refused.identifier
    left join {{ ref('refused_links') }} as refused
        on links.left_type = refused.left_type and links.left_identifier = refused.left_identifier
        and links.right_type = refused.right_type and links.right_identifier = refused.right_identifier
    left join {{ ref('device_owners') }} as owners
        -- One plain equality: with a second condition on the left side alone, DuckDB compares every row with every other.
        on case when links.left_type = 'anonymous_id' then links.left_identifier end = owners.anonymous_id
)

select
    left_type,
    left_identifier,
    right_type,
    right_identifier,
    rule,
    first_seen,
    last_seen,
    observations,
    source,
    refused_reason is null as accepted,
    refused_reason
from judged
