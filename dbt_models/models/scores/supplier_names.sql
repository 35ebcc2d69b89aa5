-- One row per lead supplier, whatever the case, blanks and hyphens it is written with: one of its spellings stands for all.
select {{ partner_name('supplier') }} as name, min(trim(supplier)) as supplier
from {{ ref('unified_leads') }}
where {{ partner_name('supplier') }} <> 'in house'
group by 1
