"""Whom somebody brought, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.measurement.funnel import Funnel, funnel
from tests.profiles.models import build

MONDAY = datetime(2026, 3, 30, 9, 0)


def tell(shop: Funnel, referrer: str, referred: str, at: datetime = MONDAY) -> None:
    row = {"referrer": referrer, "referred": referred, "created_at": at, "source": "generic"}
    shop.add("unified_referrals", referral_id=shop.number(), **row)


def test_two_people_are_one_referral() -> None:
    """A bonus for each other, or for oneself under a second name, would pass for people brought."""
    with funnel() as shop:
        for person in ("anna", "ben", "cleo"):
            shop.known(person)
        shop.known("boss", internal=True)
        tell(shop, "ben", "anna@example.com", MONDAY + timedelta(hours=1))
        tell(shop, "anna@example.com", "ben@example.com")
        tell(shop, "anna", "ben", MONDAY + timedelta(days=1))
        tell(shop, "anna", "anna@example.com")
        tell(shop, "anna", "new@example.com")
        tell(shop, "cleo", "new@example.com")
        tell(shop, "stranger", "stranger")
        tell(shop, "boss", "cleo")
        tell(shop, "cleo", "boss@example.com")
        build(shop.con, "referrals")
        found = shop.con.execute("select referrer, referred from referrals order by all").fetchall()
        assert found == [("anna", "ben"), ("anna", "new@example.com"), ("cleo", "new@example.com")]
