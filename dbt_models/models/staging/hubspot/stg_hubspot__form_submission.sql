-- One row per form that a contact sent through HubSpot, as an event of theirs.
{{ config(enabled=feeds('hubspot', 'contact_form_submission')) }}

with submissions as (
    select
        *,
        {{ url_tags('page_url') | indent(8) }}
    from {{ source('raw_hubspot', 'contact_form_submission') }}
)

select
    coalesce(submissions.conversion_id, submissions._key) as message_id,
    'track' as type,
    'Form Submitted' as event,
    null as anonymous_id,
    null as user_id,
    contacts.email,
    contacts.phone,
    submissions.timestamp as occurred_at,
    null as received_at,
    submissions.page_url as url,
    null as referrer,
    {% for key in utm_keys() -%}
    {{ url_decoded('submissions.url_' ~ key) }} as utm_{{ key }},
    {% endfor -%}
    {{ click_id('submissions') }},
    null as product_id,
    null as quantity,
    null as price,
    null as order_id,
    null as total,
    null as currency,
    null as products,
    {{ json_object({'form_id': 'submissions.form_id', 'form': 'forms.form', 'title': 'submissions.title'}) }} as properties,
    null as previous_id,
    null as advertising_id,
    null as ga_client_id,
    null as fbp,
    null as user_agent,
    null as ip,
    'hubspot' as source,
    submissions._batch
from submissions
left join {{ ref('stg_hubspot__merged_contact') }} as merged on submissions.contact_id = merged.former_id
left join {{ ref('stg_hubspot__contact') }} as contacts on coalesce(merged.contact_id, submissions.contact_id) = contacts.contact_id
left join {{ ref('stg_hubspot__form') }} as forms on submissions.form_id = forms.form_id
