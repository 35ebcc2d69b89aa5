-- One row per two numbered identifiers that somebody said are two people.
{{ config(schema='graph') }}

select distinct lefts.node as a, rights.node as b
from {{ ref('hand_links') }} as pairs
inner join {{ ref('nodes') }} as lefts on pairs.left_type = lefts.identifier_type and pairs.left_identifier = lefts.identifier
inner join {{ ref('nodes') }} as rights on pairs.right_type = rights.identifier_type and pairs.right_identifier = rights.identifier
where pairs.word = 'cannot_link' and lefts.node <> rights.node
