"""Thousands of random lives through the whole pipeline: who must not stand in a file stands in none, and who plainly may does.

The verdict is worked out from the histories alone (facts.py, consent.py, pressure.py, rules.py); of the warehouse, only the names
that it gives people are read, since a holdout is drawn by name. What a failed test shows counts rows and people and names nobody.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta

import pytest

from .exports import spellings
from .facts import Known, erased_ids
from .lived import After, Lived
from .people import RUNS
from .reports import placed
from .rules import CARTS, wrong_addresses
from .verdicts import EXTRA, RULES, Verdicts, everybody, judge

LEAST = 5
"""People whom each rule has to have kept out, alone, of two thousand: with fewer, nobody would notice an open gate."""


@pytest.fixture(scope="session")
def verdicts(lived: Lived) -> Verdicts:
    return judge(lived)


def test_every_row_is_one_persons(lived: Lived) -> None:
    """A row made of two people's addresses, or of none that anybody ever had, speaks to the wrong one."""
    assert lived.unknown == []
    assert sum(1 for _ in lived.lines()) > len(lived.people) / 4


@pytest.mark.parametrize("rule", [*RULES, *EXTRA])
def test_nobody_stands_in_a_file_against_a_rule(verdicts: Verdicts, rule: str) -> None:
    """Each rule is one that somebody sues over. What destinations hold counts, so a removal that was forgotten counts too."""
    assert dict(verdicts.offences[rule]) == {}


@pytest.mark.parametrize("rule", [*RULES, "holdout", "frequency cap"])
def test_every_rule_keeps_people_out(lived: Lived, verdicts: Verdicts, rule: str) -> None:
    """A rule that nobody meets proves nothing: these people would be in a file if its gate were open."""
    assert len(verdicts.kept_out[rule]) >= LEAST * len(lived.people) / 2_000


def test_whoever_may_be_spoken_to_is(verdicts: Verdicts) -> None:
    """Empty files harm nobody; nor do they bring anything."""
    assert dict(verdicts.missing) == {}
    assert all(count > 20 for count in verdicts.rightly.values()) and len(verdicts.rightly) >= 3


def test_erased_people_are_in_nothing_that_is_kept(lived: Lived) -> None:
    """Whoever was forgotten must not live on in yesterday's file, under a second address, or come back with a file sent again."""
    gone = [person for person in lived.people if person.erased]
    once_held = {line.person for after, line in lived.lines() if after.run == 0}
    assert len(once_held & {person.number for person in gone}) >= 3 and lived.removed, "some have to have been in a file"
    # What protects them stays until it is taken: removals, and refusals told to mailing tools.
    exports = lived.settings.exports_path.rglob("*.csv")
    files = [path for path in exports if not path.name.startswith("remove") and not path.parts[-4].endswith("_opt_outs")]
    kept = {cell for path in files for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for cell in row}
    kept |= {part for cell in kept for part in cell.split(";")}
    for person in gone:
        addresses = {one for one in erased_ids(person) if one.startswith(("email:", "phone:"))}
        assert addresses and not addresses & lived.after[-1].profiles.keys()
        assert not kept & {spelling for one in addresses for spelling in spellings(one)}


def test_audiences_hold_nobody_against_a_rule(lived: Lived) -> None:
    """Not every audience has a file yet; the next activation would be made of it."""
    for after in lived.after:
        by_profile: dict[str, list[Known]] = {}
        for known in everybody(after):
            for name in {after.profiles[one] for one in known.ids if one in after.profiles and not known.person.is_taken_for_two}:
                by_profile.setdefault(name, []).append(known)
        speaking = {
            name: found for name, found in after.members.items() if any(kind != "suppression" for kind, _ in found.values())
        }
        people = {
            audience: [known for name in found for known in by_profile.get(name, [])] for audience, found in speaking.items()
        }
        assert not [audience for audience, found in people.items() if any(known.is_internal for known in found)]
        for audience in CARTS:
            assert people[audience]
            assert not any(
                known.last_order and known.last_added and known.last_order >= known.last_added for known in people[audience]
            )


def test_no_purchase_is_told_against_a_rule(lived: Lived) -> None:
    """A platform would learn what somebody bought who never agreed to it, or by an address that their consent does not cover."""
    assert lived.foreign == 0
    for after in lived.after:
        assert len(after.newly_told) > 10 or after.run
        for report in after.newly_told:
            person = after.people[report.person]
            if person.is_taken_for_two:
                continue
            known = next(known for known in after.known[report.person] if f"order:{report.order}" in known.ids)
            rules = ("no consent", "under age", "staff or test")
            assert not any(RULES[rule](known, report.destination, "") for rule in rules)
            assert not wrong_addresses(known, report.destination, report.addresses)
            assert report.addresses <= known.ids


def test_platforms_hold_no_purchase_that_is_none_any_more(lived: Lived) -> None:
    """What was given back, or was an erased person's, would go on teaching an advertising platform."""
    met: Counter[str] = Counter()
    for after in lived.after:
        held = {report.order for report in after.told if report.destination == "google_offline_conversions"}
        for person in after.people:
            gone = person.erased is not None and person.erased.run <= after.run
            for record in person.known(after.run):
                if record.entity == "orders" and (gone or record.row["status"] in ("refunded", "cancelled")):
                    met["erased" if gone else record.row["status"]] += 1
                    is_late = placed(person, record.row["order_id"]) <= RUNS[after.run] - timedelta(days=54)
                    assert is_late or record.row["order_id"] not in held
    assert min(met[why] for why in ("erased", "refunded", "cancelled")) >= 3
    assert any(report.order not in {one.order for one in lived.after[-1].told} for report in lived.after[0].told)


def test_nobody_is_won_back_with_what_lies_in_their_cart(lived: Lived) -> None:
    """Of one product, retargeting reminds and remarketing offers: who gets both takes the shop for a fool."""
    met = 0
    for after in lived.after:
        offers = {kind: _offers(after, kind) for kind in ("retargeting", "remarketing")}
        assert not {pair for pair in offers["retargeting"] if pair in offers["remarketing"]}
        carts = {line.person for name in ("brevo_carts", "cart_recovery") for line in after.held.get(name, [])}
        for line in after.held.get("brevo_upsell", []):
            known = after.of_line(line)
            assert known is not None and not (line.person in carts and known.offer_above() in known.cart)
        met += sum(known.offer_above() in known.cart for known in everybody(after))
    assert met > 20, "nobody had the dearer product in their cart: nothing was shown"


def _offers(after: After, kind: str) -> set[tuple[str, str]]:
    return {
        (name, product)
        for found in after.members.values()
        for name, (told, offers) in found.items()
        for product in offers
        if told == kind
    }
