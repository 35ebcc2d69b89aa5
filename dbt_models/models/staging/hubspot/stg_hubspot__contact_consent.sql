-- One row per contact who has opted out of all e-mail in HubSpot. The opposite is no grant: it only means that nobody has opted out. The
-- record does not say when, so the answer is dated by its last change, as late as it can have been: a refusal taken for older than it
-- is would be outdone by a grant. HubSpot's legal basis of processing is not about e-mail and is no answer here.
{{ config(enabled=feeds('hubspot', 'contact')) }}

select
    'email' as identifier_type,
    email as identifier,
    'email' as purpose,
    'withdrawn' as status,
    coalesce(updated_at, created_at) as occurred_at,
    'hubspot' as collected_by,
    'hs_email_optout' as proof,
    null as traits,
    'hubspot' as source,
    _batch
from {{ ref('stg_hubspot__contact') }}
where has_opted_out and email is not null and coalesce(updated_at, created_at) is not null
