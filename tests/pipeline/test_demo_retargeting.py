"""Audiences of people who showed interest, against what is true of the demo shop: nobody too many, nobody too few.

What the truth defines is who meets an audience's own clauses. Whom exclusions or its group take away is told in the decisions,
and still counts as met.
"""

from __future__ import annotations

import duckdb
import pytest

NEVER_BOUGHT = """truth_person_id not in (select truth_person_id from buyers)
    and truth_person_id not in (select truth_person_id from leads where status = 'converted')"""
OBJECTING = "truth_person_id in (select truth_person_id from consent where purpose = 'profiling' and status <> 'granted')"
LEADS = f"""select truth_person_id from leads where {NEVER_BOUGHT} group by 1
    having max(created_at) >= as_of() - interval {{days}} day {{more}}"""


def visitors(days: int, kinds: str) -> str:
    return f"""select truth_person_id from visits where kind in {kinds}
        and last_visit_at between as_of() - interval {days} day and as_of() - interval 1 hour
        and truth_person_id not in (from refusing)
        and truth_person_id not in (select truth_person_id from orders where ordered_at > as_of() - interval {days} day)"""


def guests(status: str, days: int) -> str:
    return f"""select truth_person_id from registrations
        where status = '{status}' and starts_at >= as_of() - interval {days} day and {NEVER_BOUGHT}"""


TRUTH = {
    **{f"visitors_{days}_days": visitors(days, "('customer', 'prospect')") for days in (7, 30, 90)},
    **{f"anonymous_visitors_{days}_days": visitors(days, "('anonymous')") for days in (7, 30, 90)},
    "checkout_abandoners": """select truth_person_id from carts where kind not in ('bot', 'internal')
        and checkout_started_at between as_of() - interval 30 day and as_of() - interval 1 hour
        and truth_person_id not in (from refusing)""",
    "high_value_carts": """select truth_person_id from (
            select *, rank() over (order by value desc) <= ceil(0.1 * count(*) over ()) as is_high
            from carts where abandoned and kind not in ('bot', 'internal') and truth_person_id not in (from refusing)
        ) where is_high and value >= 100""",
    "event_registrants": guests("registered", 30),
    "event_attendees": guests("attended", 90),
    "event_no_shows": guests("no_show", 90),
    "trial_not_converted": f"""select truth_person_id from trials
        where ended_at >= as_of() - interval 60 day and {NEVER_BOUGHT}""",
    "content_downloaders": f"""select truth_person_id from downloads where {NEVER_BOUGHT} group by 1
        having max(downloaded_at) between as_of() - interval 90 day and as_of() - interval 1 day""",
    "social_engagers": """select truth_person_id from social_interactions
        left join (select truth_person_id, max(ordered_at) as ordered_at from orders group by 1) as last using (truth_person_id)
        group by 1 having max(occurred_at) >= as_of() - interval 60 day
            and coalesce(max(ordered_at) <= max(occurred_at), true)""",
    "received_leads": """select truth_person_id from leads
        left join (select truth_person_id, max(ordered_at) as ordered_at from orders group by 1) as last using (truth_person_id)
        group by 1 having max(created_at) >= as_of() - interval 30 day and coalesce(max(ordered_at) <= max(created_at), true)
            and max_by(status, (created_at, lead_id)) not in ('lost', 'converted')""",
    "cold_leads": LEADS.format(days=365, more=f"and not {OBJECTING}"),
    "recent_buyers": """select truth_person_id from orders join people using (truth_person_id)
        where kind <> 'test' and ordered_at >= as_of() - interval 14 day""",
    "unsubscribed": "select truth_person_id from consent where purpose = 'email' and status = 'withdrawn'",
    # Of all companies with a network of their own, the CRM knows nobody in one.
    "companies_without_contact": """select distinct truth_person_id from devices join visits using (truth_person_id)
        where devices.kind = 'anonymous' and company = 'Ateliers Zephyr' and last_visit_at >= as_of() - interval 90 day
            and truth_person_id not in (from refusing)""",
}


@pytest.mark.parametrize("audience", TRUTH)
def test_audiences_are_exact(beside: duckdb.DuckDBPyConnection, audience: str) -> None:
    """Who is in by mistake is bothered, who is missing is lost, and nobody would ever see either."""
    beside.execute("create macro as_of() as (select as_of from w.control.run)")
    told = f"""select truth_person_id from w.audiences.decisions
        join whole using (profile_id) join people using (truth_person_id)
        where audience = '{audience}' and kind in ('customer', 'prospect', 'anonymous')
            and (included or blocked_by like 'excluded:%' or blocked_by like 'priority:%')"""
    true = f"""select truth_person_id from ({TRUTH[audience]}) as truth
        join whole using (truth_person_id) join people using (truth_person_id)
        where kind in ('customer', 'prospect', 'anonymous')"""
    found, expected = (set(beside.execute(query).fetchall()) for query in (told, true))
    assert (found - expected, expected - found) == (set(), set())
    assert expected


def test_every_audience_has_members(beside: duckdb.DuckDBPyConnection) -> None:
    """An audience that nobody is ever in is one that nobody has tried. It takes two runs to see somebody slip."""
    empty = """select audience from w.control.audiences
        anti join w.audiences.decisions on decisions.audience = audiences.audience and included
        where audience <> 'slipping_champions'"""
    assert beside.execute(empty).fetchall() == []
