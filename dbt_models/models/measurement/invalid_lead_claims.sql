-- One row per lead of a supplier that is not to be paid for, with the reason: to be sent to the supplier as it stands. Of the person it
-- tells nothing but the number that the lead has.
select
    supplier,
    source,
    lead_id,
    received_on,
    cast(date_trunc('month', received_on) as date) as period,
    coalesce(invalid_reason, 'not_exclusive') as reason,
    case
        when is_resold then concat_ws(',', invalid_reasons, 'not_exclusive')
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
from {{ ref('lead_results') }}
where not is_in_house and (not is_valid or is_resold)
