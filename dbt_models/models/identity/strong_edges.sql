-- One row per two numbered identifiers that belong together by accounts, orders or e-mails: what makes people, whatever phones and
-- devices say.
{{ config(schema='graph') }}

select
    left_node as a,
    right_node as b,
    min(_batch) as _batch
from {{ ref('judged_links') }}
where refused_reason is null and tier <= 2 and left_node <> right_node
group by left_node, right_node
