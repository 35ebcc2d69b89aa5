"""Rules, families, grades, weights and tiers that people edit: every mistake is told with its line, and no run starts on one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from dagster_project.dbt_workspace import prepare_workspace, wrong_seeds
from dagster_project.errors import RelanceError
from dagster_project.scores.customer_weights import wrong_customer_weights
from dagster_project.scores.lead_attributes import NUMBERS, OPERATORS, TEXTS
from dagster_project.scores.lead_policy import forbidden_lead_rules
from dagster_project.scores.lead_rules import doubtful_lead_rules, wrong_lead_rules
from dagster_project.scores.prequalification import wrong_prequalification
from dagster_project.settings import Settings
from tests.cli.conftest import refused, relance

from .lead_world import World, own_seed, rule

Make = Callable[..., Settings]

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    # What is wrong → the row, and what is told of it.
    "unknown attribute": (rule("agee", ">", "3"), "did you mean `age`"),
    "unknown prefix": (rule("time.visit", ">", "3"), "no attribute `time.visit`"),
    "prefix alone": (rule("trait.", "known"), "no attribute `trait.`"),
    "unknown action of ours": (rule("times.email_click", ">=", "1"), "did you mean `email_clicked`"),
    "unknown family": (rule("age", ">", "3", family="behavoural"), "did you mean `behavioural`"),
    "a billion points": (rule("age", ">", "3", points="1e9"), "`points` is no number between"),
    "points of NaN": (rule("age", ">", "3", points="NaN"), "`points` is no number between"),
    "no points": (rule("age", ">", "3", points=""), "`points` is no number between"),
    "points of nothing": (rule("age", ">", "3", points="0"), "gives no points"),
    "half-life of nothing": (rule("times.visit", ">", "3", half_life_days="0"), "`half_life_days` is no number of days"),
    "half-life before now": (rule("times.visit", ">", "3", half_life_days="-4"), "`half_life_days` is no number of days"),
    "half-life of who they are": (rule("region", "=", "x", half_life_days="30"), "does not grow old"),
    "half a day": (rule("times.visit", ">", "3", within_days="0.5"), "`within_days` is no number of days"),
    "window of who they are": (rule("age", ">", "3", within_days="5"), "`within_days` says nothing"),
    "each of who they are": (rule("age", ">", "3", per="each"), "can count each time"),
    "unknown per": (rule("times.visit", ">", "3", per="always"), "neither once nor each"),
    "unknown operator": (rule("age", "=>", "3"), "can't be asked of `age`"),
    "text compared": (rule("city", ">", "3"), "can't be asked of `city`"),
    "text for a number": (rule("age", ">", "old"), "needs a number"),
    "infinite": (rule("age", "<", "inf"), "needs a number"),
    "bounds the wrong way round": (rule("age", "between", "60|45"), "the lower one first"),
    "one bound": (rule("age", "between", "60"), "two numbers"),
    "two numbers": (rule("age", ">", "60|70"), "takes one number"),
    "no value": (rule("city", "in", ""), "has no value"),
    "a value too many": (rule("city", "known", "Paris"), "takes no value"),
    "perhaps": (rule("age", ">", "3", enabled="maybe"), "enabled"),
    "no name": (rule("age", ">", "3", rule_id=""), "no name of its own"),
    "a name that is taken": (rule("age", ">", "3", rule_id="cap:behavioural"), "no name of its own"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_rule_is_told_with_its_line(make_project: Make, case: str) -> None:
    """A rule that never holds, that decides everything, or that makes a NaN of every score, found by nobody."""
    row, told = WRONG[case]
    settings = make_project()
    path = own_seed(settings, "lead_rules", [rule("country", "=", "FR"), row])
    (mistake,) = wrong_lead_rules(settings)
    assert mistake.args[0].endswith(".") and told in str(mistake), mistake
    assert f"{path}:3" in str(mistake)


def test_contradictions_and_doubles_name_both_lines(make_project: Make) -> None:
    """One marketer adds ten for what another one takes ten away for, and both believe that theirs holds."""
    settings = make_project()
    rules = [
        {**rule("region", "in", "Bretagne|Normandie", points=10), "rule_id": "a"},
        {**rule("region", "in", "normandie| bretagne", points=-10), "rule_id": "b"},
        {**rule("country", "=", "FR", points=5), "rule_id": "c"},
        {**rule("country", "in", "fr", points=5), "rule_id": "d"},
        {**rule("region", "=", "Alsace", points=1), "rule_id": "c"},
        {**rule("region", "=", "Alsace", points=-1), "rule_id": "off", "enabled": "false"},
    ]
    path = own_seed(settings, "lead_rules", rules)
    told = [str(mistake) for mistake in wrong_lead_rules(settings)]
    assert len(told) == 3
    assert "Two rules are called `c`" in told[0] and f"{path}:4 and {path}:6" in told[0]
    assert "contradict each other: +10 and -10" in told[1] and f"{path}:2 and {path}:3" in told[1]
    assert "one rule told twice" in told[2] and f"{path}:4 and {path}:5" in told[2]


def test_no_run_starts_on_a_wrong_rule(make_project: Make) -> None:
    """Half an hour into a run, the scores would fail, or worse, would not."""
    settings = make_project()
    own_seed(settings, "lead_rules", [rule("agee", ">", "3"), rule("times.visit", ">", "3", half_life_days="0")])
    refused(relance("check", "--config", settings.base), "lead_rules.csv:2", "did you mean `age`", "lead_rules.csv:3")
    with pytest.raises(RelanceError, match=r"lead_rules.csv:2[\s\S]*lead_rules.csv:3"):
        prepare_workspace(settings)


def test_what_a_policy_forbids_is_refused(make_project: Make) -> None:
    """Women get ten points where the law calls that discrimination."""
    gender = rule("gender", "=", "f")
    for extra, country, expected in [
        ("", "FR", 0),
        ("consent: {scoring: {fr: {gender: forbidden}}}\n", "FR", 1),
        ("", "GB", 1),
        ("consent: {scoring: {uk: {gender: allowed}}}\n", "GB", 0),
    ]:
        settings = make_project(extra)
        settings = settings.model_copy(update={"company": settings.company.model_copy(update={"country": country})})
        settings._base = make_project(extra).base
        own_seed(settings, "lead_rules", [gender, {**gender, "rule_id": "off", "enabled": "false"}])
        assert len(forbidden_lead_rules(settings)) == expected, (extra, country)
    own_seed(settings, "lead_rules", [rule("trait.religion", "known"), rule("trait.Ethnicity", "known")])
    assert [
        "lead_rules.csv:2" in str(mistake) or "lead_rules.csv:3" in str(mistake) for mistake in forbidden_lead_rules(settings)
    ]
    assert len(forbidden_lead_rules(settings)) == 2


def test_a_policy_names_attributes_that_exist(make_project: Make) -> None:
    """A company forbids scoring by `gendre`, and women get their points all the same."""
    with pytest.raises(RelanceError, match=r"no attribute `gendre` \(did you mean `gender`\?\).*relance\.yml:2"):
        make_project("consent: {scoring: {fr: {gendre: forbidden}}}\n")


def test_an_event_that_is_almost_a_usual_one_is_a_warning(make_project: Make) -> None:
    """A misspelt event is nobody's: the rule would never hold. A company's own event is no mistake."""
    settings = make_project()
    own_seed(settings, "lead_rules", [rule("times.Product Viewd", ">=", "1"), rule("times.Sofa Rotated", ">=", "1")])
    (line,) = doubtful_lead_rules(settings)
    assert "did you mean `Product Viewed`" in line and "lead_rules.csv:2" in line


SEEDS: list[tuple[str, list[dict[str, Any]], str]] = [
    ("lead_families", [{"family": "a", "axis": "fitness"}], "neither fit nor engagement"),
    ("lead_families", [{"family": "a", "axis": "fit", "min_points": "5"}], "no room for a lead without points"),
    ("lead_families", [{"family": "a", "axis": "fit", "max_points": "much"}], "`max_points` is no number"),
    ("lead_grades", [{"axis": "fit", "grade": "D", "at_least": "3"}], "names no grade"),
    ("customer_weights", [{"criterion": "ordres", "weight": "3"}], "did you mean `orders`"),
    ("customer_weights", [{"criterion": "orders", "weight": "-3"}], "no number from 0 to 1000"),
    ("customer_weights", [{"criterion": "orders", "weight": "0"}], "No criterion has any weight"),
    ("customer_weights", [{"criterion": "orders", "weight": "1", "low": "3", "high": "3"}], "Both bounds are the same"),
    ("customer_weights", [{"criterion": "orders", "weight": "1", "low": "3"}], "One bound is missing"),
    ("customer_weights", [{"criterion": "orders", "weight": "1", "low": "nan", "high": "3"}], "A bound is no number"),
    ("customer_tiers", [{"tier": "1", "at_least": "50"}], "no ladder"),
    ("customer_tiers", [{"tier": "6", "at_least": "50"}], "no tier of its own"),
    ("disposable_domains", [{"domain": "x@y.example", "is_disposable": "true"}], "names no domain"),
    ("spam_signs", [{"field": "name", "pattern": "%"}], "fits everything"),
    ("spam_signs", [{"field": "name", "pattern": "%VIAGRA%"}], "would never fit"),
]


@pytest.mark.parametrize(("seed", "rows", "told"), SEEDS)
def test_other_seeds_are_looked_at_too(make_project: Make, seed: str, rows: list[dict[str, Any]], told: str) -> None:
    """Weights that add up to nothing, bounds that are one, or a pattern that fits every lead: scores of NULL, and no leads."""
    settings = make_project()
    path = own_seed(settings, seed, rows)
    found = [*wrong_lead_rules(settings), *wrong_customer_weights(settings), *wrong_prequalification(settings)]
    assert any(told in str(mistake) and str(path) in str(mistake) for mistake in found), [str(mistake) for mistake in found]


def test_what_the_warehouse_cannot_read_is_told_with_its_line(make_project: Make) -> None:
    """A blank before a number, or a comma in a description, ends a run in the words of a CSV reader that nobody understands."""
    settings = make_project()
    rules = [
        ("`enabled` can't be read as true or false", "blank,demographic,age,>,3,10,once,,,TRUE ,"),
        ("`points` can't be read as a number", "wide,demographic,age,>,4,１０,once,,,true,"),
        ("one cell for each", "short,demographic,age,>,5,10,once,,,true"),
        ("one cell for each", "long,demographic,age,>,6,10,once,,,true,a,b"),
    ]
    path = own_seed(settings, "lead_rules", [])
    header = path.read_text(encoding="utf-8").strip()
    path.write_text("\n".join([header, *(row for _, row in rules)]), encoding="utf-8")
    # As a spreadsheet saves it, which is no mistake.
    tiers = own_seed(settings, "customer_tiers", [{"tier": tier, "at_least": 100 - 20 * tier} for tier in range(1, 6)])
    tiers.write_bytes(b"\xef\xbb\xbf" + tiers.read_bytes())
    told = [str(mistake) for mistake in wrong_seeds(settings)]
    assert len(told) == len(rules), told
    for line, (mistake, (text, _)) in enumerate(zip(told, rules, strict=True), 2):
        assert text in mistake and f"{path}:{line}" in mistake


def test_shipped_seeds_are_right(make_project: Make) -> None:
    """Each example that a marketer turns on has to work."""
    settings = make_project()
    text = (settings.folders("seeds")[0] / "lead_rules.csv").read_text(encoding="utf-8")
    (settings.base / "seeds").mkdir()
    (settings.base / "seeds" / "lead_rules.csv").write_text(text.replace(",false,", ",true,"), encoding="utf-8")
    found = [*wrong_lead_rules(settings), *wrong_customer_weights(settings), *wrong_prequalification(settings)]
    assert found == [] and forbidden_lead_rules(settings) == []
    World(settings).build("leads")


def test_what_rules_may_ask_is_what_models_tell(make_project: Make) -> None:
    """An attribute that the check knows and no model fills in: its rules never hold."""
    settings = make_project()
    own_seed(settings, "lead_rules", [rule(name, "known", points=1, family="demographic") for name in (*TEXTS, *NUMBERS)])
    assert wrong_lead_rules(settings) == []
    world = World(settings)
    columns = [
        name for name, *_ in world.rows("describe profiles") if name not in ("profile_id", "lifecycle_stage", "is_internal")
    ]
    times = {"birth_date", "first_seen_at", "email_bounced_at", "first_order_at"}
    told: dict[str, Any] = {name: "2000-01-01" if name in times else "1" for name in columns}
    told |= {"first_order_at": None, "email_bounced_at": None, "email": "p@example.com", "first_name": "Ann", "last_name": "Bee"}
    world.person("p", opens=(1, 2), **told)
    lead = [name for name, *_ in world.rows("describe unified_leads")][3:-2]
    asked = {name: "true" if name == "exclusive" else "2026-07-01" if name.endswith("_at") else "1" for name in lead}
    world.asked("p", "l", 9, **asked | {"status": "new", "traits": '{"job": "artisan"}'})
    world.insert("last_actions", profile_id="p", last_action_at="2026-06-01")
    world.build()
    assert {name for (name,) in world.rows("select rule_id from lead_rule_points")} == {*TEXTS, *NUMBERS}


texts = st.text(max_size=12) | st.sampled_from(
    ["", "1", "1|2", "-5", "1e400", "a|b", "0.5", "true", "once", "each", "'", "%", "İ"]
)


@given(
    st.fixed_dictionaries(
        {
            "attribute": st.sampled_from([*TEXTS, *NUMBERS, "trait.x", "times.visit", "days_since.order", "pages.visit"]) | texts,
            "operator": st.sampled_from(sorted({name for names in OPERATORS.values() for name in names})) | texts,
            "value": texts, "points": texts, "per": texts, "within_days": texts, "half_life_days": texts, "rule_id": texts,
        }
    )
)  # fmt: skip
@limits(max_examples=60)
def test_any_row_is_told_or_taken(make_project: Make, row: dict[str, str]) -> None:
    """A file from a spreadsheet ends in a traceback instead of a line to mend."""
    settings = make_project()
    told = {name: value.replace("\0", "") for name, value in row.items()}
    own_seed(settings, "lead_rules", [{"family": "behavioural", "enabled": "true", **told}])
    for mistake in wrong_lead_rules(settings):
        assert "lead_rules.csv:" in str(mistake)
