"""Calls and texts by region: hours, days, holidays, caps, rests, offers that nobody is approached about; and exclusive groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from activation_shop import Person, Shop, manifest, people, rows

from dagster_project.activation.activations import load_activations
from dagster_project.activation.build import ActivationResult, run_activation
from dagster_project.audiences import AudienceSpec, load_audiences
from dagster_project.config_file import load_model
from dagster_project.consent.contact import ContactRules, zones
from dagster_project.consent.policy import PURPOSES, PolicyChanges, contact_rules, known_offers, load_packs
from dagster_project.errors import RelanceError
from dagster_project.sequences import doubtful_hours, load_sequences
from dagster_project.settings import SHIPPED, Settings

pytestmark = pytest.mark.usefixtures("unchecked")

EVERYTHING = dict.fromkeys(PURPOSES, "granted")
MONDAY = datetime(2026, 3, 2, 10, 30)
"""A working day in France, 11:30 in Paris (UTC+1)."""


def call(shop: Shop, at: datetime, destination: str = "call_list", **more: Any) -> ActivationResult:
    shop.runs += 1
    activation = shop.activation(destination, **more)
    return run_activation(shop.settings, shop.con, activation, f"run{shop.runs}", at)


def callable_people(shop: Shop, *everybody: tuple[str, str | None, str, bool]) -> None:
    """People with a number who agreed to everything: id, country, region of their policy, whether they are professionals."""
    shop.fill([
        Person(id, [f"{id}@example.com"], [f"+3361234{n:04d}"], country=country, consents=EVERYTHING)
        for n, (id, country, _, _) in enumerate(everybody)
    ])  # fmt: skip
    shop.con.execute("delete from profiles.consent_people")
    told = [(id, region, professional) for id, _, region, professional in everybody]
    shop.con.executemany("insert into profiles.consent_people values (?, ?, ?)", told)
    for purpose in ("sms", "phone", "whatsapp"):
        granted = "select profile_id, ?, 'phone', phone, 'granted' from profiles.profiles"
        shop.con.execute(f"insert into profiles.identifier_consents {granted}", [purpose])


ANNA = ("anna", "FR", "fr", False)
FIRM = ("firm", "FR", "fr", True)


def tell(shop: Shop, name: str, kind: str, at: datetime, channel: str = "phone") -> None:
    shop.con.execute("insert into audiences.message_history values (?, ?, ?, ?)", [name, channel, kind, at])


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (MONDAY, True),
        (datetime(2026, 3, 2, 5, 0), True),  # before hours: the list of the day
        (datetime(2026, 3, 2, 12, 30), True),  # the pause at noon: there are hours left
        (datetime(2026, 3, 2, 18, 59), True),  # 19:59 in Paris
        (datetime(2026, 3, 2, 19, 0), True),  # 20:00: the list of Tuesday
        (datetime(2026, 3, 6, 19, 0), False),  # Friday 20:00: the list of Saturday
        (datetime(2026, 3, 7, 10, 0), False),  # Saturday
        (datetime(2026, 3, 8, 10, 0), False),  # Sunday
        (datetime(2026, 3, 8, 23, 0), True),  # Sunday at midnight: Monday
        (datetime(2026, 7, 14, 10, 0), False),  # the national holiday, a Tuesday
        (datetime(2026, 7, 13, 21, 0), False),  # the evening before it
        (datetime(2026, 5, 1, 10, 0), False),
        (datetime(2026, 5, 4, 10, 0), True),
    ],
)  # fmt: skip
def test_a_call_list_is_of_days_and_hours_on_which_the_law_allows_calls(shop: Shop, at: datetime, allowed: bool) -> None:
    """A list on Bastille Day is called on Bastille Day; a fine of 375,000 euros follows."""
    callable_people(shop, ANNA, FIRM)
    result = call(shop, at)
    assert {row[0] for row in rows(result, "add.csv")} == ({"+33612340000", "+33612340001"} if allowed else {"+33612340001"})
    assert result.suppressed["hours"] == (0 if allowed else 1)


def test_whom_today_s_hours_stop_is_struck_off_the_list_and_comes_back(shop: Shop) -> None:
    """Yesterday's list is still being worked through: whoever may not be called today must be told to be off it."""
    callable_people(shop, ANNA)
    assert call(shop, datetime(2026, 3, 6, 10)).adds == 1
    assert call(shop, datetime(2026, 3, 7, 10)).removes == 1
    assert call(shop, datetime(2026, 3, 9, 10)).adds == 1
    assert [reason for _, reason, _ in shop.ledger()] == ["new", "hours", "new"]


@pytest.mark.parametrize(
    ("country", "region", "at", "allowed"),
    [
        ("RE", "fr", datetime(2026, 3, 2, 15, 30), True),  # 19:30 there, 16:30 in Paris
        ("RE", "fr", datetime(2026, 3, 2, 16, 0), False),  # 20:00 there; the company's day has hours left, theirs has none
        ("GP", "fr", datetime(2026, 3, 2, 18, 0), True),
        ("US", "us", datetime(2026, 3, 2, 10, 0), True),  # between 18 and 02 UTC it is from 8 to 21 in every state
        ("US", "us", datetime(2026, 3, 8, 10, 0), True),  # Sundays are allowed
        ("GB", "uk", datetime(2026, 3, 8, 10, 0), True),  # no rule
        ("DE", "eu", datetime(2026, 3, 7, 10, 0), False),
        ("DE", "eu", datetime(2026, 10, 3, 10, 0), False),
        (None, "fr", datetime(2026, 3, 8, 10, 0), False),  # of no known country: as at home
    ],
)
def test_hours_are_the_person_s(shop: Shop, country: str | None, region: str, at: datetime, allowed: bool) -> None:
    """The law goes by the consumer's time zone and holidays, not by the company's."""
    callable_people(shop, ("x", country, region, False))
    assert call(shop, at).suppressed["hours"] == (0 if allowed else 1)


def test_where_a_country_has_several_zones_all_must_allow_it() -> None:
    """Nobody knows whether an American lives in New York or on Hawaii."""
    rules = contact_rules(PolicyChanges(), "phone")["us"]
    assert len(zones("US")) > 20 and [str(zone) for zone in zones("FR")] == ["Europe/Paris"] and str(zones("XX")[0]) == "UTC"
    allowed = [hour for hour in range(24) if rules.allow("US", None, datetime(2026, 1, 15, hour))]
    # 8:00 in Honolulu and on Adak is 18:00 UTC; 21:00 in New York is 2:00 UTC.
    assert allowed == [0, 1, 18, 19, 20, 21, 22, 23]
    # An area code tells: New York (212) from 8 to 21, Honolulu (808) too; that of free numbers (800) tells nothing.
    assert [hour for hour in range(24) if rules.allow("US", "+1212", datetime(2026, 1, 15, hour))] == [0, 1, *range(13, 24)]
    assert [hour for hour in range(24) if rules.allow("US", "+1808", datetime(2026, 1, 15, hour))] == [*range(7), *range(18, 24)]
    assert [hour for hour in range(24) if rules.allow("US", "+1800", datetime(2026, 1, 15, hour))] == allowed


@pytest.mark.parametrize(("at", "allowed"), [(datetime(2026, 3, 7, 10), True), (datetime(2026, 3, 8, 10), False)])
def test_text_messages_have_days_of_their_own(shop: Shop, at: datetime, allowed: bool) -> None:
    """A text on Sunday morning is what people complain about; on Saturdays they are usual. WhatsApp has no such rule."""
    callable_people(shop, ANNA)
    assert call(shop, at, "sms").suppressed["hours"] == (0 if allowed else 1)
    assert call(shop, at, "whatsapp").adds == 1


def test_no_more_than_four_calls_in_thirty_days(shop: Shop) -> None:
    """The fifth call is unlawful whoever dialled the first four, and whatever `pressure` allows."""
    callable_people(shop, ANNA, FIRM)
    for days in (1, 5, 12, 29):
        for name in ("anna", "firm"):
            tell(shop, name, "sent", MONDAY - timedelta(days=days))
    assert call(shop, MONDAY).suppressed["contact_cap"] == 1
    assert {profile for _, _, profile in shop.ledger()} == {"firm"}
    shop.con.execute("update audiences.message_history set happened_at = ? where happened_at = ?",
                     [MONDAY - timedelta(days=30), MONDAY - timedelta(days=29)])  # fmt: skip
    assert call(shop, MONDAY + timedelta(minutes=1)).suppressed["contact_cap"] == 0
    tell(shop, "anna", "sent", MONDAY - timedelta(days=2), "sms")
    tell(shop, "anna", "sent", MONDAY + timedelta(days=2))
    assert call(shop, MONDAY + timedelta(minutes=2)).suppressed["contact_cap"] == 0


def test_who_refused_in_a_call_is_left_alone_for_sixty_days(shop: Shop) -> None:
    """A no is not an invitation to try another hour."""
    callable_people(shop, ANNA)
    tell(shop, "anna", "refused", MONDAY - timedelta(days=59))
    assert call(shop, MONDAY).suppressed["contact_cap"] == 1
    assert call(shop, MONDAY, "sms").adds == 1
    assert call(shop, MONDAY + timedelta(days=1)).adds == 1


@pytest.mark.parametrize(
    ("offer", "destination", "region", "stopped"),
    [
        ("energy_renovation", "call_list", "fr", 1),
        ("energy_renovation", "sms", "fr", 1),
        ("cpf_training", "brevo", "fr", 1),
        ("cpf_training", "call_list", "eu", 0),
        ("cpf_training", "meta_custom_audience", "fr", 0),
        (None, "call_list", "fr", 0),
    ],
)
def test_what_may_not_be_canvassed_is_not(shop: Shop, offer: str | None, destination: str, region: str, stopped: int) -> None:
    """Some offers may not be made by call, text or mail at all, whatever people agreed to; a contract so made is void."""
    callable_people(shop, ("anna", "FR", region, False), FIRM)
    result = call(shop, MONDAY, destination, offer=offer)
    assert (result.suppressed["canvassing"], result.adds) == (stopped, 2 - stopped)
    assert manifest(result)["suppressed"]["canvassing"] == stopped


def test_a_company_may_say_otherwise(shop: Shop, make_project: Callable[..., Settings]) -> None:
    """Counsel knows better than a pack: other hours, none at all, an offer of one's own."""
    consent = """consent:
  contact:
    fr:
      phone: none
      sms: {hours: [[9, 19]], days: every_day, holidays: true}
  not_canvassed:
    fr: {funeral_plans: [phone], energy_renovation: []}
"""
    shop.settings = shop.settings.model_copy(update={"consent": make_project(consent).consent})
    callable_people(shop, ANNA)
    sunday = datetime(2026, 3, 8, 10)
    assert call(shop, sunday).adds == 1
    assert call(shop, sunday, "sms").adds == 1
    assert call(shop, sunday, offer="energy_renovation", name="a").adds == 1
    assert call(shop, sunday, offer="funeral_plans", name="b").suppressed["canvassing"] == 1
    wrong = "consent:\n  contact:\n    fr:\n      phone: {hours: [[20, 10]], days: every_day, holidays: true}\n"
    with pytest.raises(RelanceError, match=r"`consent\.contact\.fr\.phone\.hours`: should be a list of pairs.*relance\.yml:5"):
        make_project(wrong, name="b")


def test_each_rule_of_a_pack_has_a_source(tmp_path: Path) -> None:
    """A rule nobody can look up is a rumour."""
    for pack in load_packs().values():
        assert all(rules.source for rules in pack.contact.values())
        assert all(rule.source for rule in pack.not_canvassed)
    assert known_offers(PolicyChanges()) == ["cpf_training", "energy_renovation", "home_adaptation"]
    path = tmp_path / "rules.yml"
    path.write_text("hours: [[9, 9]]\ndays: sundays\nholidays: perhaps\n")
    with pytest.raises(RelanceError, match="3 mistakes"):
        load_model(path, ContactRules)


def test_a_sequence_at_hours_that_the_law_forbids_is_told_of(make_project: Callable[..., Settings]) -> None:
    """What is due at six in the morning, when the nightly run writes its files, would wait for ever and nobody would know why."""
    settings = make_project()
    audiences = load_audiences(settings)
    assert doubtful_hours(settings, load_sequences(settings, audiences)) == []
    shipped = (SHIPPED / "activations/sequences/sales_cadence.yml").read_text(encoding="utf-8")
    path = settings.base / "activations/sequences/sales_cadence.yml"
    path.parent.mkdir(parents=True)
    for change in (("  working_days: true", "  working_days: false"), ("[14, 20]", "[14, 21]")):
        path.write_text(shipped.replace(*change), encoding="utf-8")
        (told,) = doubtful_hours(settings, load_sequences(settings, audiences))
        assert told.startswith("sales_cadence: the policy of fr allows phone from 10 to 13 and 14 to 20, monday to friday")


# Exclusive groups.


def test_a_person_is_in_the_first_list_of_a_group_alone(shop: Shop) -> None:
    """Two campaigns on one platform would bid for the same person, and show them two offers."""
    first = shop.activation(name="first")
    second = shop.activation(name="second", rivals=(("first", "meta_custom_audience"),))
    shop.fill(people(4))
    narrow = replace(first, audience="cart")
    shop.con.execute("insert into audiences.members values ('cart', 'retargeting', 'p0000', null, false)")
    assert shop.run(narrow).adds == 1
    result = shop.run(second)
    assert (result.adds, result.suppressed["priority"]) == (3, 1)
    # Who enters the first leaves the second, and comes back when they leave it.
    shop.con.execute("insert into audiences.members values ('cart', 'retargeting', 'p0002', null, false)")
    assert (shop.run(narrow).adds, shop.run(second).removes) == (1, 1)
    shop.con.execute("delete from audiences.members where audience = 'cart' and profile_id = 'p0002'")
    assert (shop.run(narrow).removes, shop.run(second).adds) == (1, 1)


def test_a_person_renamed_by_a_merge_is_still_in_the_first_list(shop: Shop) -> None:
    """The ledger knows people by the name they had when they were sent."""
    shop.fill(people(1))
    assert shop.run(shop.activation(name="first")).adds == 1
    shop.con.execute("create table identity.aliases as select 'p0000' as alias, 'p9999' as profile_id")
    moved = people(1)[0]
    moved.id = "p9999"
    shop.fill([moved, *people(1, start=5)])
    result = shop.run(shop.activation(name="second", rivals=(("first", "meta_custom_audience"),)))
    assert (result.adds, result.suppressed["priority"]) == (1, 1)


AUDIENCES = {
    name: AudienceSpec.model_validate({"kind": "retargeting", "window_days": 30, "owner": "crm"}) for name in ("carts", "views")
}
YAML = """name: {name}
description: Mine.
destination: {destination}
audience: {audience}
mode: {mode}
match_keys: [email]
"""


def write(settings: Settings, name: str, more: str = "", **changes: str) -> None:
    values = {"name": name, "destination": "brevo", "audience": "carts", "mode": "delta"} | changes
    path = settings.base / "activations" / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(YAML.format(**values) + more, encoding="utf-8")


def test_a_group_is_ordered_by_priority_then_name(make_project: Callable[..., Settings]) -> None:
    """Whose list is the first must not depend on the order in which files are read."""
    settings = make_project("activations: {enabled: [a, b, c, d]}\n")
    write(settings, "a", "exclusive: mails\npriority: 20\n")
    write(settings, "b", "exclusive: mails\npriority: 10\n", audience="views")
    write(settings, "c", "exclusive: mails\npriority: 20\n", destination="klaviyo")
    write(settings, "d", "priority: 1\n")
    audiences = AUDIENCES | {one.name: one.spec for one in load_audiences(settings)}
    rivals = {one.name: [name for name, _ in one.rivals] for one in load_activations(settings, audiences)}
    assert rivals == {"a": ["b"], "b": [], "c": ["b", "a"], "d": []}


@pytest.mark.parametrize(
    ("more", "changes", "message"),
    [
        (
            "offer: energy_renovations\n",
            {},
            r"`energy_renovations` \(did you mean `energy_renovation`\?\).*mine\.yml:7.*not_canvassed",
        ),
        ("options: {empty_full: true}\n", {}, r"`empty_full` is for mode full.*mine\.yml:7"),
        ("options: {empty_full: true}\n", {"mode": "full"}, None),
        ("offer: cpf_training\n", {}, None),
        ("exclusive: No Group\n", {}, r"`exclusive`.*mine\.yml:7"),
    ],
)
def test_mistakes_are_told(
    make_project: Callable[..., Settings], more: str, changes: dict[str, str], message: str | None
) -> None:
    """An offer misspelt would be canvassed without a word."""
    settings = make_project("activations: {enabled: [mine]}\n")
    write(settings, "mine", more, **changes)
    audiences = AUDIENCES | {one.name: one.spec for one in load_audiences(settings)}
    if message is None:
        assert [one.name for one in load_activations(settings, audiences)] == ["mine"]
        return
    with pytest.raises(RelanceError, match=message):
        load_activations(settings, audiences)
