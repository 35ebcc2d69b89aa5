-- One row per rule in force and action that it asks about.
select
    rules.rule_id,
    trim(names.part) as action
from {{ ref('lead_terms') }} as rules
{{ split_rows("substr(rules.attribute, instr(rules.attribute, '.') + 1)", 'names') }}
where rules.kind <> 'fact'
