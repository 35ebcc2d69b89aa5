-- One row per rule in force and text that it compares with, in the form in which texts are compared.
select
    rules.rule_id,
    {{ folded('parts.part') }} as folded,
    cast({{ money('trim(parts.part)') }} as double) as number
from {{ ref('lead_terms') }} as rules
{{ split_rows('rules.value', 'parts') }}
where rules.operator in ('=', '!=', 'in', 'not_in', 'contains', 'starts_with')
