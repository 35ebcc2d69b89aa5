-- One row per cost, or campaign of an ad account, and reason for which an amount is not counted, or not in any month.
{% set by = [
    'origin', 'reference', 'channel', 'campaign_key', 'campaign', 'platform', 'influencer', 'supplier', 'kind', 'told_currency', 'currency',
    'is_counted',
] %}

select
    gap as reason,
    case gap
        when 'no_rate' then 'No exchange rate to the currency of the company is known for its day; not counted.'
        when 'to_come' then 'It falls after the day of the run; not counted yet.'
        when 'told_by_account' then 'The ad account already tells what this campaign cost on these days; counted once, there.'
        when 'told_by_leads' then 'The leads of this supplier already tell what they cost in these months; counted once, there.'
        when 'told_by_fee' then 'An influencer''s fee already tells this amount in this month; counted once, there.'
        when 'dates' then 'It ends before it begins. Counted as a whole, on its first day.'
        when 'share' then 'The share is neither 0, nor 1, nor between (25 % is 0.25); not counted.'
        when 'undated' then 'Nobody tells when it was paid: neither a contract nor a code has a day. Counted as a whole, in no month.'
    end as explanation,
    {{ by | join(', ') }},
    min(day) as first_day,
    max(day) as last_day,
    {{ money_sum('sum(told_amount)') }} as told_amount,
    {{ money_sum('sum(amount)') }} as amount
from {{ ref('cost_lines') }}
where gap is not null
group by gap, {{ by | join(', ') }}
