-- One row per lead of a supplier that is not to be paid for, with the reason: to be sent to the supplier as it stands. Of the person it
-- tells nothing but the number that the lead has; where that is an e-mail address or holds the telephone number, its SHA-256, by which whoever
-- delivered the lead finds it.
with claimed as (
    select
        results.*,
        leads.lead_id like '%@%' or length(leads.phone) > 7 and {{ figures_of('leads.lead_id') }} like '%' || {{ subscriber_number('leads.phone') }} || '%'
            as names_the_person
    from {{ ref('lead_results') }} as results
    inner join {{ ref('unified_leads') }} as leads on results.source = leads.source and results.lead_id = leads.lead_id
    where results.is_claimed
)

select
    supplier,
    source,
    case when names_the_person then 'sha256:' || {{ sha256('lead_id') }} else lead_id end as lead_id,
    received_on,
    cast(date_trunc('month', received_on) as date) as period,
    coalesce(invalid_reason, 'not_exclusive') as reason,
    case
        when is_resold and not is_qualified then concat_ws(',', invalid_reasons, 'not_exclusive')
        else invalid_reasons
    end as reasons,
    case coalesce(invalid_reason, 'not_exclusive')
        when 'unreachable' then 'neither an e-mail address that takes mail nor a telephone number'
        when 'wrong_number' then 'the number is somebody else''s or nobody''s'
        when 'no_email' then 'no e-mail address that takes mail'
        when 'no_phone' then 'no valid telephone number'
        when 'disposable' then 'a throw-away e-mail address'
        when 'spam' then 'no real person'
        when 'age' then 'outside of the ages agreed on'
        when 'area' then 'outside of the area agreed on'
        when 'occupation' then 'outside of the occupations agreed on'
        when 'duplicate' then 'the person had asked '
            || case days_after_first when 0 then 'the same day' when 1 then 'the day before' else cast(days_after_first as string) || ' days before' end
            || ', through ' || first_brought_by
        when 'not_exclusive' then 'sold as exclusive, and brought by another supplier too'
    end as says,
    coalesce(cost, 0) as cost,
    {{ company('currency') }} as currency
from claimed
