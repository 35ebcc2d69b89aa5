"""HubSpot's tables as Fivetran lands them; some properties come without its prefix, as other tools write them."""

from __future__ import annotations

from typing import Any


def contact(number: int, email: str, /, **properties: Any) -> dict[str, Any]:
    created = {"property_createdate": "2025-05-01T00:00:00Z", "property_lastmodifieddate": "2026-01-05T00:00:00Z"}
    return {"id": number, "property_email": email, **created, **{f"property_{key}": value for key, value in properties.items()}}


def deal(number: int, stage: str, /, **properties: Any) -> dict[str, Any]:
    made = {"property_createdate": "2025-12-01T09:00:00Z", "property_closedate": "2026-01-09T09:00:00Z"}
    of_stage = {"deal_id": number, "deal_pipeline_stage_id": stage, "property_amount": "1000.50"}
    return {**of_stage, **made, **{f"property_{key}": value for key, value in properties.items()}}


def sent(event_id: str, kind: str, /, **columns: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": kind,
        "recipient": "Kim@Example.com",
        "created": 1768039200000,
        "email_campaign_id": 5,
        **columns,
    }


FILES: dict[str, list[dict[str, Any]]] = {
    "hubspot/contact/2026-01-10.ndjson": [
        contact(
            101,
            "Kim@Example.com",
            firstname="Kim",
            phone="06 12 34 56 79",
            lifecyclestage="customer",
            hs_lifecyclestage_lead_date="2025-06-01T00:00:00Z",
            hs_lifecyclestage_opportunity_date="2025-12-01T09:00:00Z",
            hs_lifecyclestage_customer_date="2026-01-09T09:00:00Z",
            associatedcompanyid=900,
            hubspot_owner_id=31,
            hs_analytics_source="PAID_SOCIAL",
            hs_analytics_source_data_1="Facebook",
            hs_analytics_source_data_2="Spring leads",
            hs_analytics_first_url="https://b2b.example/?utm_source=fb",
            how_did_you_hear_about_us="A friend",
            hs_lead_status="CONNECTED",
        ),
        # An older version that comes with the newer one.
        {**contact(101, "old@example.com"), "property_lastmodifieddate": "2025-07-01T00:00:00Z"},
        contact(102, "lou@example.com", lifecyclestage="Lead", hs_email_optout=True, mobilephone="0612345680", country="Belgium"),
        contact(103, "mia@example.com", lifecyclestage="customer", hs_email_optout=False),
        {**contact(104, "gone@example.com", lifecyclestage="lead"), "_fivetran_deleted": True},
        contact(107, "una@work.example", hs_calculated_merged_vids="108:1765000000000"),
    ],
    "hubspot/contact/other-tool.ndjson": [
        {"vid": 105, "email": "ned@example.com", "firstname": "Ned", "lifecyclestage": "subscriber", "createdate": 1746057600000},
    ],
    "hubspot/company/2026-01-10.ndjson": [{"id": 900, "property_name": "Acme", "property_domain": "acme.example"}],
    "hubspot/owner/2026-01-10.ndjson": [
        {"owner_id": 31, "first_name": "Olga", "last_name": "Owner", "email": "olga@b2b.example"}
    ],
    "hubspot/deal_pipeline_stage/2026-01-10.ndjson": [
        {"stage_id": "770", "label": "Signed", "probability": 1, "closed_won": True},
        {"stage_id": "771", "label": "Lost", "probability": "0.0", "closed_won": False},
        {"stage_id": "772", "label": "Talking", "probability": 0.4, "closed_won": False},
    ],
    "hubspot/deal/2026-01-10.ndjson": [
        deal(87001, "770", deal_currency_code="usd"),
        deal(87002, "771"),
        deal(87003, "772", closedate="2026-09-01T00:00:00Z"),
        deal(87004, "closedwon"),
        {**deal(87005, "770"), "is_deleted": True},
        deal(87007, "770"),
    ],
    "hubspot/deal/other-tool.ndjson": [
        {"id": 87006, "dealstage": "somewhere", "hs_is_closed_won": "true", "amount": "5", "closedate": "2026-01-09T09:00:00Z"},
    ],
    "hubspot/deal_contact/2026-01-10.ndjson": [
        {"deal_id": 87001, "contact_id": 101, "type_id": 3},
        {"deal_id": 87001, "contact_id": 101, "type_id": 4},
        {"deal_id": 87001, "contact_id": 103, "type_id": 3},
        {"deal_id": 87002, "contact_id": 104, "type_id": 3},
        {"deal_id": 87007, "contact_id": 108, "type_id": 3},
    ],
    "hubspot/email_campaign/2026-01-10.ndjson": [{"id": 5, "name": "January"}],
    "hubspot/email_event/2026-01-10.ndjson": [
        sent("h-delivered", "DELIVERED"),
        sent("h-open", "OPEN", filtered_event=False),
        sent("h-scan", "OPEN", filtered_event=True),
        sent("h-click", "CLICK"),
        sent("h-bounce", "BOUNCE"),
        sent("h-spam", "SPAMREPORT"),
        sent("h-left", "STATUSCHANGE", recipient="lou@example.com"),
        sent("h-joined", "STATUSCHANGE"),
        sent("h-undeliverable", "STATUSCHANGE"),
        sent("h-one-list", "STATUSCHANGE", subscriptions=[{"id": 1, "status": "UNSUBSCRIBED"}]),
        sent("h-deferred", "DEFERRED"),
        sent("h-late-click", "CLICK", email_campaign_id=6),
        sent("h-unsure", "STATUSCHANGE", subscriptions=[{"id": 1, "status": "UNSUBSCRIBED"}]),
    ],
    "hubspot/email_event_click/2026-01-10.ndjson": [{"id": "h-click", "url": "https://b2b.example/offer"}],
    "hubspot/email_event_status_change/2026-01-10.ndjson": [
        {"id": "h-joined", "portal_subscription_status": "SUBSCRIBED", "bounced": False},
        {"id": "h-undeliverable", "portal_subscription_status": "UNSUBSCRIBED", "bounced": True},
    ],
    "hubspot/email_subscription_change/2026-01-10.ndjson": [
        {
            "recipient": "Mia@example.com",
            "timestamp": 1768039200000,
            "change": "SUBSCRIBED",
            "change_type": "SUBSCRIPTION_STATUS",
        },
        {"recipient": "mia@example.com", "timestamp": 1768039200000, "change": "BOUNCED", "change_type": "PORTAL_BOUNCE"},
    ],
    "hubspot/form/2026-01-10.ndjson": [{"guid": "f-1", "name": "Ask for a demo"}],
    "hubspot/contact_form_submission/2026-01-10.ndjson": [
        {
            "contact_id": 105,
            "form_id": "f-1",
            "conversion_id": "conv-1",
            "timestamp": "2026-01-10T10:00:00Z",
            "page_url": "https://b2b.example/demo?utm_campaign=demo&fbclid=F9",
            "title": "Demo",
        },
        {"contact_id": 106, "form_id": "f-2", "conversion_id": "conv-2", "timestamp": "2026-01-10T11:00:00Z"},
        {"contact_id": 107, "form_id": "f-2", "conversion_id": "conv-3", "timestamp": "2026-01-10T12:00:00Z"},
    ],
    "hubspot/engagement_call/2026-01-10.ndjson": [
        {
            "engagement_id": 1,
            "property_hs_timestamp": "2026-01-10T10:00:00Z",
            "property_hs_call_direction": "INBOUND",
            "property_hs_call_from_number": "+33612345679",
            "property_hs_call_to_number": "+33123456789",
            "property_hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        },
        {
            "id": 2,
            "hs_timestamp": 1768039200000,
            "hs_call_to_number": "0612345680",
            "hs_call_status": "NO_ANSWER",
        },
    ],
}

NEXT_DAY: dict[str, list[dict[str, Any]]] = {
    # What an event is about comes a day after the event itself, or is another by then.
    "hubspot/email_event_status_change/2026-01-11.ndjson": [
        {"id": "h-left", "portal_subscription_status": "UNSUBSCRIBED"},
        {"id": "h-unsure", "portal_subscription_status": "UNSUBSCRIBED", "bounced": True},
    ],
    "hubspot/email_event_click/2026-01-11.ndjson": [{"id": "h-late-click", "url": "https://b2b.example/late"}],
    "hubspot/email_campaign/2026-01-11.ndjson": [
        {"id": 5, "name": "January, again", "_fivetran_synced": "2026-01-11T00:00:00Z"},
        {"id": 6, "name": "February"},
    ],
    "hubspot/contact/2026-01-11.ndjson": [
        contact(106, "tom@example.com", lifecyclestage="customer"),
        # A month ago 107 took over 108, and today this one 107: HubSpot's tables of deals and forms still name the former two.
        contact(109, "una@example.com", hs_merged_object_ids="107;108"),
    ],
    "hubspot/form/2026-01-11.ndjson": [{"guid": "f-2", "name": "Brochure"}],
}
