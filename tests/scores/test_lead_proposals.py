"""Rules that the company's own conversions propose, and how one is taken over."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date

import duckdb
import pytest

from dagster_project.scores.lead_rules import lead_rules, wrong_lead_rules
from dagster_project.settings import Settings
from tests.cli.conftest import refused, relance

from .lead_world import World, ago, own_seed, rule

Make = Callable[..., Settings]


def crowd(world: World) -> None:
    """Leads of old: three in ten convert, from 45 to 60 eight in ten, of the supplier Junk none, of either form as many."""
    for number in range(400):
        name = f"p{number}"
        older, junk = number % 4 == 0, number % 4 == 1
        converts = number % 20 in ((4, 8, 12, 16) if older else (2, 7) if not junk else ())
        world.person(
            name, gender="f" if number % 20 in (4, 8, 2) else "m", birth_date=date(1974 if older else 1996, 1, 1), city="Lyon"
        )
        world.asked(
            name, name, 60, supplier="Junk" if junk else "Good", converted_at=ago(45) if converts else None,
            form="ab"[number // 20 % 2],
            traits=f'{{"y": "{"yes" if converts else "no"}", "religion": "{number % 20}", "pet": "{"cat" if older else "dog"}"}}',
        )  # fmt: skip


def test_proposals_come_from_conversions_beyond_chance(make_project: Make) -> None:
    """Points for what converts no better, for gender, or for a column that was written after the outcome."""
    settings = make_project()
    own_seed(
        settings, "lead_rules", [{**rule("supplier", "=", "Junk", points=-1), "rule_id": "supplier_junk", "enabled": "false"}]
    )
    world = World(settings)
    crowd(world)
    world.build("rule_proposals")
    found = world.rows(
        "select proposal_id, attribute, operator, value, points, people, converted, status from rule_proposals order by 1"
    )
    by_name = {row[0]: row[1:] for row in found}
    assert by_name["age_45_60"] == ("age", "between", "45|60", 14, 100, 80, "proposed")
    assert by_name["supplier_junk"] == ("supplier", "=", "Junk", -20, 100, 0, "turned off")
    assert by_name["pet_cat"][:4] == ("trait.pet", "=", "cat", 14)
    assert not [row for row in found if row[1] in ("gender", "city", "form", "trait.religion", "trait.y")]


def test_actions_and_amounts_are_proposed_as_known_when_people_asked(make_project: Make) -> None:
    """What people did says more than who they are; and nobody writes a rule for each balance in euros."""
    settings = make_project()
    downloads = {**rule("times.File Downloaded|Catalogue Requested", ">=", "1", points=9), "rule_id": "downloads"}
    own_seed(settings, "lead_rules", [downloads])
    world = World(settings)
    for number in range(400):
        rich, converts = number % 5 == 0, number % 20 in (0, 5, 10, 2)
        name, balance = f"p{number}", 1000.5 + number if rich else number % 37
        world.person(name)
        world.asked(name, name, 60, converted_at=ago(45) if converts else None, traits=f'{{"balance": "{balance}"}}')
        # Each stands for two; a moment after the first tells nothing of when they asked.
        for example, is_new in [(number, True), (1000 + number, False)]:
            world.insert("prediction_examples", example=example, model="lead_converts", is_new=is_new, outcome=converts, weight=2)
        for action in ("Demo Viewed", "File Downloaded", "email_delivered", "Lead Generated") if converts else ():
            world.insert("training_features", example=number, feature=f"times.{action}.ever", number=1)
            world.insert("training_features", example=number, feature=f"times.{action}.7d", number=1)
        if not converts:
            world.insert("training_features", example=1000 + number, feature="times.Bought Before.ever", number=1)
    # Customers who ask once more are no leads to learn from.
    for example in range(2000, 2100):
        world.insert("prediction_examples", example=example, model="lead_converts", is_new=True, outcome=True, weight=1)
        for action in ("order", "Signed In"):
            world.insert("training_features", example=example, feature=f"times.{action}.ever", number=3)
    world.build("rule_proposals")
    columns = "proposal_id, attribute, operator, value, points, people, converted, share_of_all, status"
    found = {row[0]: row[1:] for row in world.rows(f"select {columns} from rule_proposals")}
    assert found.pop("did_demoviewed") == ("times.Demo Viewed", ">=", "1", 20, 80, 80, 0.2, "proposed")
    assert found.pop("did_filedownloaded")[-1] == "in force"
    assert found.pop("balance_1000.5_1395.5") == ("trait.balance", "between", "1000.5|1395.5", 19, 80, 60, 0.2, "proposed")
    assert {attribute for attribute, *_ in found.values()} <= {"trait.balance"} and len(found) <= 4


def test_attributes_that_are_called_alike_are_told_apart(make_project: Make) -> None:
    """Two proposals of one name fail the run; and a column with a quote in its name takes all columns along."""
    world = World(make_project())
    for number in range(400):
        name, cat = f"p{number}", number % 4 == 0
        told = {
            'Pet\'s "name"': "x" if cat else "y",
            "p/e~t*": "cat" if cat else "dog",
            "pet": "cat" if cat else "dog",
            "": "cat",
        }
        world.person(name)
        world.asked(name, name, 60, converted_at=ago(45) if cat and number % 20 else None, traits=json.dumps(told))
    world.build("rule_proposals")
    found = dict(world.rows("select proposal_id, attribute from rule_proposals where points > 0"))
    assert found == {"pet_cat": "trait.p/e~t*", "pet_cat_2": "trait.pet", "petsname_x": 'trait.Pet\'s "name"'}


def test_leads_that_are_young_prove_nothing(make_project: Make) -> None:
    """Leads of this week have not converted yet: rules learnt from them would punish whoever sells leads now."""
    world = World(make_project())
    for number in range(200):
        world.person(f"p{number}")
        supplier = "New" if number % 2 else "Old"
        world.asked(
            f"p{number}", f"p{number}", 5 if number % 2 else 60, supplier=supplier, converted_at=None if number % 2 else ago(40)
        )
    world.build("rule_proposals")
    assert world.rows("select * from rule_proposals") == []


@pytest.fixture
def proposed(make_project: Make) -> Settings:
    """A project whose last run proposed one rule."""
    settings = make_project()
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute("""create schema scores; create table scores.rule_proposals as select 'age_45_60' as proposal_id,
            'demographic' as family, 'age' as attribute, 'between' as operator, '45|60' as value,
            10::decimal(18, 4) as points, 250 as people, 50 as converted, 0.2 as share, 0.15 as at_least, 0.26 as at_most,
            0.1 as share_of_all, 1000 as all_people, 2.0 as ratio, 'proposed' as status""")
    return settings


def test_a_proposal_is_taken_over_as_a_rule(proposed: Settings) -> None:
    """A marketer accepts, and the next run scores as before; or every other rule is lost from the file."""
    own_seed(proposed, "lead_rules", [rule("country", "=", "FR")])
    assert "age between 45|60" in relance("rules", "--config", proposed.base).output
    result = relance("rules", "--accept", "age_45_60", "--config", proposed.base)
    assert result.exit_code == 0, result.output
    assert wrong_lead_rules(proposed) == []
    taken = {found.rule_id: found for found in lead_rules(proposed)}
    assert list(taken) == ["country", "age_45_60"]
    assert taken["age_45_60"].enabled and taken["age_45_60"].points == 10
    with (proposed.base / "seeds" / "lead_rules.csv").open(encoding="utf-8") as file:
        assert "×2" in list(csv.DictReader(file))[-1]["description"]
    refused(relance("rules", "--accept", "age_45_60", "--config", proposed.base), "in force already", "lead_rules.csv:3")


def test_a_proposal_turns_on_the_example_that_it_bears_out(proposed: Settings) -> None:
    """The shipped example of the same name would stand in the way of what the company's own figures say."""
    before = {found.rule_id: found for found in lead_rules(proposed)}
    assert not before["age_45_60"].enabled
    assert relance("rules", "--accept", "age_45_60", "--config", proposed.base).exit_code == 0
    after = {found.rule_id: found for found in lead_rules(proposed)}
    assert after.keys() == before.keys() and after["age_45_60"].enabled and wrong_lead_rules(proposed) == []


def test_the_shipped_rules_stay_when_a_first_proposal_is_taken_over(proposed: Settings) -> None:
    """The company's first own rule would be its only one."""
    before = len(lead_rules(proposed))
    with duckdb.connect(str(proposed.warehouse_path)) as con:
        con.execute("update scores.rule_proposals set proposal_id = 'age_46_60', value = '46|60'")
    assert relance("rules", "--accept", "age_46_60", "--config", proposed.base).exit_code == 0
    assert len(lead_rules(proposed)) == before + 1


def test_what_another_rule_asks_already_is_not_taken_over_again(proposed: Settings) -> None:
    """The same people would get their points twice; or the file would contradict itself, and no run would start any more."""
    for points, told in [(10, "one rule told twice"), (-5, "contradict each other")]:
        path = own_seed(proposed, "lead_rules", [{**rule("age", "between", "45|60", points=points), "rule_id": "mid_life"}])
        before = path.read_bytes()
        refused(relance("rules", "--accept", "age_45_60", "--config", proposed.base), told, "lead_rules.csv:2")
        assert path.read_bytes() == before


def test_rules_that_lack_a_column_are_told(proposed: Settings) -> None:
    """A file from a spreadsheet that dropped its empty columns ends in a traceback."""
    path = own_seed(proposed, "lead_rules", [])
    path.write_text("rule_id,family,attribute,operator,value,points,enabled\na,demographic,age,>,3,5,true\n", encoding="utf-8")
    for more in ([], ["--accept", "age_45_60"]):
        refused(relance("rules", *more, "--config", proposed.base), "lacks columns per, within_days", "lead_rules.csv:1")


def test_a_proposal_that_is_none_is_told(proposed: Settings) -> None:
    """A mistyped name must not pass for a rule that was taken over."""
    refused(relance("rules", "--accept", "age_45_6", "--config", proposed.base), "no proposal", "did you mean `age_45_60`")
    assert not (proposed.base / "seeds").exists()
