"""Points for leads: who gets which, what bounds them, and that the score is their sum."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from dagster_project.settings import Settings

from .lead_world import World, ago, own_seed, rule

Make = Callable[..., Settings]


def test_the_shipped_example_adds_up(make_project: Make) -> None:
    """Sales would be told that a lead has 70 points, and could not say of what."""
    settings = make_project()
    shipped = settings.folders("seeds")[0] / "lead_rules.csv"
    own = settings.base / "seeds" / "lead_rules.csv"
    own.parent.mkdir()
    lines = shipped.read_text(encoding="utf-8").splitlines(keepends=True)
    own.write_text("".join(line.replace(",false,", ",true,") if line.startswith("woman,") else line for line in lines))
    world = World(settings)
    world.person("anna", gender="Female", opens=(3, 4))
    world.person("ben", gender="m", opens=(1, 4))
    for name in ("anna", "ben"):
        world.asked(name, name, 12)
    world.did("anna", "File Downloaded", 300)
    world.did("ben", "visit", 1)
    world.insert("last_actions", profile_id="anna", last_action_at=ago(12))
    world.insert("last_actions", profile_id="ben", last_action_at=ago(40))
    world.insert("predictions", profile_id="anna", model="lead_converts", probability=0.2, method="logistic")
    world.insert("predictions", profile_id="anna", model="customer_buys", probability=0.9, method="logistic")
    world.build("leads")
    assert world.points() == {
        "anna": {"woman": 10, "opens_above_average": 10, "catalogue_or_link": 20, "recent_lead": 20, "recent_contact": 10},
        "ben": {"recent_lead": 20},
    }
    found = world.rows(
        "select profile_id, score, fit_points, engagement_points, grade, qualified, p_convert from leads order by 1"
    )
    assert found == [("anna", 70, 10, 60, "A1", True, 0.2), ("ben", 20, 0, 20, "B2", True, None)]


def worth(settings: Settings, rules: list[dict], *, families: list[dict] | None = None) -> World:
    """A world with these rules alone."""
    own_seed(settings, "lead_rules", rules)
    if families is not None:
        own_seed(settings, "lead_families", families)
    return World(settings)


def test_every_operator_reads_every_kind_of_attribute(make_project: Make) -> None:
    """A rule that the editor reads one way and the engine another, or one that never holds."""
    told = {
        "equal": rule("job_title", "=", " DIRECTEUR Général "),
        "in": rule("region", "in", "bretagne|ile de france"),
        "not_in": rule("country", "not_in", "DE|AT"),
        "contains": rule("company", "contains", "acme"),
        "starts_with": rule("postal_code", "starts_with", "75|92"),
        "above": rule("age", ">", "44"),
        "between": rule("loyalty_points", "between", "10|20"),
        "other": rule("session_count", "!=", "3"),
        "known": rule("income_band", "known"),
        "unknown": rule("owner", "unknown"),
        "trait_text": rule("trait.Eye colour", "=", "green"),
        "trait_number": rule("trait.children", ">=", "2"),
        "occupation": rule("occupation", "=", "artisan"),
        "supplier": rule("supplier", "=", "LeadBazaar"),
        "intent": rule("days_to_purchase_intent", "between", "0|90"),
        "domain": rule("email_domain", "=", "acme.example"),
        "gender": rule(" gender ", " = ", " f "),
    }
    world = worth(make_project(), [{**row, "rule_id": name, "family": "demographic"} for name, row in told.items()], families=[
        {"family": "demographic", "axis": "fit", "max_points": 1000},
    ])  # fmt: skip
    world.person(
        "all", job_title="Directeur general", region="Île-de-France", country="FR", company="The ACME Company",
        postal_code="75011", birth_date=date(1981, 6, 30), loyalty_points=20, session_count=4,
        income_band="high", email="x@acme.example",
        gender=" Femme",
    )  # fmt: skip
    world.asked("all", "old", 200, supplier="Other", purchase_intent_at=ago(150))
    world.asked(
        "all", "new", 20, supplier="LeadBazaar", purchase_intent_at=ago(-60), traits='{"job": "Artisan", "children": "1"}'
    )
    world.insert("identifiers", identifier_type="contact_id", identifier="c", profile_id="all")
    world.insert(
        "unified_contacts",
        contact_id="c",
        source="generic",
        updated_at=ago(3),
        traits='{"Eye colour": "Green", "children": "3.0"}',
    )
    world.person(
        "none", job_title="Directeur", region="Bretagne Sud", country="DE", company="Acne", postal_code="17511",
        birth_date=date(1981, 7, 1), loyalty_points=20.5, session_count=3, owner="Zoe", email="x@notacme.example", gender="male",
    )  # fmt: skip
    world.asked("none", "other", 20, supplier="Lead", traits='{"children": "two", "job": "clerk"}', purchase_intent_at=ago(3))
    world.build()
    found = world.points()["all"]
    assert [name for name in told if found.get(name) != 10] == []
    assert world.points() == {"all": {**dict.fromkeys(told, 10), "scale": 100 - 170}}


def test_what_people_do_counts_by_window_times_and_half_life(make_project: Make) -> None:
    """A click of last year as good as one of yesterday, or points for each page without end."""
    rules = [
        {**rule("times.Product Viewed", ">=", "3", points=1, per="each", within_days=30, half_life_days=10), "rule_id": "pages"},
        {**rule("times.email_clicked|sms_clicked", ">=", "2", points=8, half_life_days=10), "rule_id": "clicks"},
        {**rule("days_since.Signed In", "<=", "7", points=4), "rule_id": "lately"},
        {**rule("times.visit", "=", "0", points=-3, within_days=14), "rule_id": "away"},
        {**rule("days_since.Signed In", "unknown", points=-1), "rule_id": "never"},
        {**rule("seconds.visit", ">", "60", points=2, within_days=90), "rule_id": "long"},
        {**rule("pages.visit", ">=", "5", points=2), "rule_id": "many"},
    ]
    world = worth(make_project(), rules, families=[{"family": "behavioural", "axis": "engagement"}])
    for name in ("busy", "idle"):
        world.person(name)
    for days, times in [(0, 2), (10, 2), (31, 50)]:
        world.did("busy", "Product Viewed", days, times)
    world.did("busy", "email_clicked", 20)
    world.did("busy", "sms_clicked", 10)
    world.did("busy", "Signed In", 7)
    world.did("busy", "visit", 14, seconds=61, amount=5)
    world.did("idle", "Product Viewed", 3, 2)
    world.did("idle", "email_clicked", 3)
    world.did("idle", "Signed In", 8)
    world.did("idle", "visit", 15, seconds=60, amount=4)
    world.person("nobody")
    world.build()
    assert world.points() == {
        "busy": {"pages": 3, "clicks": 4, "lately": 4, "long": 2, "many": 2},
        "idle": {"away": -3, "scale": 3},
        "nobody": {"away": -3, "never": -1, "scale": 4},
    }


def test_families_and_the_scale_are_bounds_that_are_told(make_project: Make) -> None:
    """Ten page views outweigh all else, or a score of 140 of 100; and a log of points that does not add up to the score."""
    rules = [
        {**rule("times.visit", ">=", "1", points=70), "rule_id": "a"},
        {**rule("session_count", ">=", "1", points=50), "rule_id": "b"},
        {**rule("country", "=", "FR", points=90, family="geographic"), "rule_id": "c"},
        {**rule("country", "=", "DE", points=-30, family="geographic"), "rule_id": "d"},
    ]
    families = [
        {"family": "behavioural", "axis": "engagement", "max_points": 40},
        {"family": "geographic", "axis": "fit", "min_points": -20},
    ]
    world = worth(make_project(), rules, families=families)
    world.person("much", country="FR", session_count=1)
    world.did("much", "visit", 1)
    world.person("little", country="DE")
    world.build("leads")
    assert world.points() == {
        "much": {"a": 70, "b": 50, "cap:behavioural": -80, "c": 90, "scale": -30},
        "little": {"d": -30, "cap:geographic": 10, "scale": 20},
    }
    found = world.rows("select profile_id, score, fit_points, engagement_points, grade from leads order by 1")
    assert found == [("little", 0, -20, 0, "C3"), ("much", 100, 90, 40, "A1")]


def test_points_are_not_given_where_the_policy_forbids(make_project: Make) -> None:
    """A company that may score by gender at home would do so with people whose country does not allow it."""
    rules = [rule("gender", "=", "f"), rule("trait.religion", "known")]
    world = worth(make_project(), rules)
    for region in ("fr", "uk", "us"):
        world.person(region, policy=region, gender="f")
        world.asked(region, region, 9, traits='{"religion": "any"}')
    world.build()
    assert world.points() == {"fr": {"gender": 10}, "us": {"gender": 10}}


def test_who_may_not_be_scored_has_no_points(make_project: Make) -> None:
    """Scores of people who objected to profiling, of the company's own staff, of customers and of strangers."""
    world = worth(make_project(), [rule("country", "=", "FR")])
    world.person("objected", country="FR")
    world.insert("not_profiled", profile_id="objected")
    world.person("staff", country="FR", is_internal=True)
    world.person("customer", "customer", country="FR")
    world.asked("customer", "l1", 90)
    world.person("visitor", "visitor", country="FR")
    world.person("prospect", "prospect", country="FR")
    world.build("leads")
    assert world.points() == {"prospect": {"country": 10}}
    assert world.rows("select profile_id from leads") == [("prospect",)]
