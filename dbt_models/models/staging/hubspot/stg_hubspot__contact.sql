-- One row per contact in HubSpot, in its newest version; what only leads have stands in further columns. A contact that was merged into
-- another is that other.
{{ config(enabled=feeds('hubspot', 'contact') or feeds('hubspot', 'deal') or feeds('hubspot', 'contact_form_submission')) }}
{% set before_sale = ['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity'] %}

with raw as (
    {{ latest_version(source('raw_hubspot', 'contact'), ['property_lastmodifieddate', '_fivetran_synced']) }}
)

select
    raw.id as contact_id,
    case
        when coalesce(raw.property_company, raw.property_associatedcompanyid) is null then 'consumer'
        else 'professional'
    end as person_kind,
    normal_email.value as email,
    coalesce(normal_phone.value, normal_mobile.value) as phone,
    raw.property_firstname as first_name,
    raw.property_lastname as last_name,
    try_cast(raw.property_date_of_birth as date) as birth_date,
    lower(trim(raw.property_gender)) as gender,
    raw.property_address as street,
    raw.property_city as city,
    raw.property_zip as postal_code,
    raw.property_state as region,
    iso.country as country,
    coalesce(raw.property_company, companies.company) as company,
    raw.property_jobtitle as job_title,
    null as income_band,
    null as loyalty_points,
    coalesce(owners.owner, raw.property_hubspot_owner_id) as owner,
    lower(raw.property_hs_analytics_source) as acquisition_source,
    raw.property_createdate as created_at,
    raw.property_lastmodifieddate as updated_at,
    lower(trim(raw.property_lifecyclestage)) as lifecycle_stage,
    coalesce(lower(trim(raw.property_lifecyclestage)) in ('{{ before_sale | join("', '") }}'), false)
    {%- for stage in before_sale %}
        or raw.property_hs_lifecyclestage_{{ stage }}_date is not null
    {%- endfor %} as was_lead,
    -- Some skip the stage of a lead that sales took over, and are an opportunity at once.
    coalesce(raw.property_hs_lifecyclestage_salesqualifiedlead_date, raw.property_hs_lifecyclestage_opportunity_date) as became_qualified_at,
    raw.property_hs_lifecyclestage_customer_date as became_customer_at,
    -- Where HubSpot keeps the campaign depends on the kind of source.
    case raw.property_hs_analytics_source
        when 'PAID_SOCIAL' then raw.property_hs_analytics_source_data_2
        when 'PAID_SEARCH' then raw.property_hs_analytics_source_data_1
        when 'EMAIL_MARKETING' then raw.property_hs_analytics_source_data_1
        when 'OTHER_CAMPAIGNS' then raw.property_hs_analytics_source_data_1
    end as campaign,
    raw.property_first_conversion_event_name as form,
    raw.property_hs_analytics_first_url as landing_url,
    raw.property_how_did_you_hear_about_us as heard_via,
    raw.property_hs_legal_basis as legal_basis,
    raw.property_hs_email_optout as has_opted_out,
    raw._extra as traits,
    'hubspot' as source,
    raw._batch
from raw
left join {{ ref('stg_hubspot__company') }} as companies on raw.property_associatedcompanyid = companies.company_id
left join {{ ref('stg_hubspot__owner') }} as owners on raw.property_hubspot_owner_id = owners.owner_id
{{ normalised_email('raw.property_email') }}
{{ normalised_phone('raw.property_phone', 'raw.property_hs_country_region_code') }}
{{ normalised_phone('raw.property_mobilephone', 'raw.property_hs_country_region_code', alias='normal_mobile') }}
{{ iso_country('coalesce(raw.property_hs_country_region_code, raw.property_country)') }}
left join {{ ref('stg_hubspot__merged_contact') }} as merged on raw.id = merged.former_id
where not coalesce(raw._fivetran_deleted, false) and merged.former_id is null
