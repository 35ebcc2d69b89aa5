"""Rules that the company's own conversions propose, and how one is taken over."""

from __future__ import annotations

import csv
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


def test_a_proposal_that_is_none_is_told(proposed: Settings) -> None:
    """A mistyped name must not pass for a rule that was taken over."""
    refused(relance("rules", "--accept", "age_45_6", "--config", proposed.base), "no proposal", "did you mean `age_45_60`")
    assert not (proposed.base / "seeds").exists()
