"""What is looked at before leads are scored, and what is advised of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from dagster_project.settings import Settings

from .lead_world import World, ago

Make = Callable[..., Settings]
TARGETS = """scores:
  leads:
    prequalification:
      min_age: 18
      max_age: 65
      countries: [FR, BE]
      postal_codes: ["75", 92]
      occupations: [Artisan, Teacher]
      phone: "off"
"""


def faults(world: World) -> dict[str, dict[str, str]]:
    """Person → check → strictness."""
    found: dict[str, dict[str, str]] = {}
    for name, check, strictness in world.rows("select profile_id, check_name, strictness from lead_checks order by position"):
        found.setdefault(name, {})[check] = strictness
    return found


def test_checks_find_what_they_are_for(make_project: Make) -> None:
    """Sales calls throw-away mailboxes, links for names and people nobody sells to; or good leads are thrown away."""
    world = World(make_project(TARGETS))
    good = {
        "email": "anna@example.com",
        "country": "FR",
        "postal_code": "75011",
        "birth_date": date(1990, 1, 1),
        "first_name": "Anna",
    }
    world.person("good", **good, last_name="Test")
    world.person("unknown", email="b@example.com")
    world.person("nowhere", email=None, phone=None)
    world.person("bounced", **good | {"email_bounced_at": ago(2), "phone": None})
    world.person("only_phone", **good | {"email": None})
    world.person("throw_away", **good | {"email": "x@mailinator.com"})
    world.person("throw_away_below", **good | {"email": "x@eu.mailinator.com"})
    world.person("minor", **good | {"birth_date": date(2010, 1, 1)})
    world.person("old", **good | {"birth_date": date(1950, 1, 1)})
    world.person("abroad", **good | {"country": "DE"})
    world.person("province", **good | {"postal_code": "69001"})
    world.person("link", **good | {"first_name": "Win at HTTP://x.example"})
    world.person("digits", **good | {"first_name": "Anna12"})
    for name, job in [("artisan", "artisan"), ("banker", "Banker")]:
        world.person(name, **good)
        world.asked(name, name, 5, traits=f'{{"profession": "{job}"}}')
    world.build("leads")
    assert faults(world) == {
        "nowhere": {"unreachable": "refuse", "email": "flag"},
        "bounced": {"unreachable": "refuse", "email": "flag"},
        "only_phone": {"email": "flag"},
        "throw_away": {"disposable": "refuse"},
        "throw_away_below": {"disposable": "refuse"},
        "minor": {"age": "flag"}, "old": {"age": "flag"},
        "abroad": {"area": "flag"}, "province": {"area": "flag"},
        "link": {"spam": "refuse"}, "digits": {"spam": "refuse"},
        "banker": {"occupation": "flag"},
    }  # fmt: skip
    found = world.rows("select profile_id, disqualified_reason, grade, score from leads where not qualified order by 1")
    refused = {"nowhere": "unreachable", "bounced": "unreachable", "throw_away": "disposable", "throw_away_below": "disposable"}
    assert found == [(name, reason, "C3", 0) for name, reason in sorted({**refused, "link": "spam", "digits": "spam"}.items())]
    assert world.rows("select profile_id from lead_contributions where profile_id in ('link', 'nowhere')") == []
    assert dict(world.rows("select profile_id, flags from leads where flags is not null"))["abroad"] == "area"


def test_a_lead_told_twice_is_one_and_the_person_stays(make_project: Make) -> None:
    """A supplier is paid twice for one person; or a good lead is lost because two suppliers sold it."""
    world = World(make_project())
    world.person("sold_twice", email="a@example.com")
    for lead_id, days in [("first", 90), ("again", 61), ("later", 20)]:
        world.asked("sold_twice", lead_id, days)
    world.build("leads")
    assert world.rows("select lead_id, check_name, evidence from lead_checks") == [("again", "duplicate", "asked 29 days before")]
    assert world.rows("select qualified, disqualified_reason from leads") == [(True, None)]


def test_a_check_that_is_off_finds_nothing_and_own_domains_count(make_project: Make) -> None:
    """A company that turned a check off, or named its own domains, would still lose these leads."""
    settings = make_project("scores: {leads: {prequalification: {spam: 'off', email: 'off', phone: 'off'}}}\n")
    (settings.base / "seeds").mkdir()
    (settings.base / "seeds" / "disposable_domains.csv").write_text(
        "domain,is_disposable,reason\nmailinator.com,false,our test box\nthrow.example,true,seen\n"
    )
    world = World(settings)
    world.person("link", first_name="www.x.example")
    world.person("allowed", email="x@mailinator.com")
    world.person("own", email="x@throw.example")
    world.build()
    assert faults(world) == {"own": {"disposable": "refuse"}}


def test_advice_follows_from_what_the_failing_became(make_project: Make) -> None:
    """Filtering what is rare, or people who buy as often as the others, costs more than it saves."""
    world = World(make_project("scores: {leads: {prequalification: {countries: [FR]}}}\n"))
    for number in range(200):
        name = f"p{number}"
        # Abroad nobody converts, without a telephone number as many as with one; three are mere mailboxes.
        abroad, converts = number % 3 == 0, number % 3 == 1 and number % 2 == 0
        email = f"x{number}@mailinator.com" if number < 3 else f"x{number}@example.com"
        world.person(
            name, "lead", email=email, country="DE" if abroad else "FR", phone=None if number % 4 < 2 else "+33123456789"
        )
        world.asked(name, name, 100, converted_at=ago(90) if converts else None)
    world.build("prequalification_advice")
    found = dict(world.rows("select check_name, advice from prequalification_advice"))
    assert found == {
        "unreachable": "off", "disposable": "off", "spam": "off", "email": "off", "duplicate": "off",
        "phone": "off", "area": "flag", "age": "flag", "occupation": "flag",
    }  # fmt: skip
    reasons = dict(world.rows("select check_name, reason from prequalification_advice"))
    assert reasons["area"] == "they convert less than half as often"
    assert reasons["phone"] == "they convert as often as others, as far as can be told"
    assert reasons["disposable"] == "few fail: filtering costs more than it saves"
    assert reasons["age"] == "no target is set"
