"""What people write of audiences: read together with what ships, and told with file, line and cure where it can't be meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from dagster_project.audiences import Audience, load_audiences
from dagster_project.errors import RelanceError
from dagster_project.settings import SHIPPED, Settings

SHIPPED_AUDIENCES = SHIPPED / "dbt_models" / "models" / "audiences"
MakeProject = Callable[..., Settings]


def loaded(project: Settings) -> dict[str, Audience]:
    return {audience.name: audience for audience in load_audiences(project)}


def refusal(project: Settings) -> str:
    with pytest.raises(RelanceError) as refused:
        load_audiences(project)
    return str(refused.value)


def shipped(name: str) -> str:
    return next(SHIPPED_AUDIENCES.rglob(f"{name}.yml")).read_text(encoding="utf-8")


def test_a_yaml_alone_keeps_the_shipped_model_with_other_numbers(make_project: MakeProject):
    """Whoever wants another window or threshold would have to copy SQL, and would keep its mistakes for ever."""
    project = make_project()
    own = project.base / "audiences" / "high_value_carts.yml"
    own.parent.mkdir()
    own.write_text(shipped("high_value_carts").replace("minimum_value: 100, ", "minimum_value: 40, "))
    mine = loaded(project)["high_value_carts"]
    assert mine.spec.options["minimum_value"] == 40
    assert mine.yaml_path == own and mine.model_path.is_relative_to(SHIPPED_AUDIENCES)


def test_a_window_of_no_audience_is_told(make_project: MakeProject):
    """A mistyped name left the audience with its old window, and nobody would ever know."""
    told = refusal(make_project("windows:\n  win_back: 400\n  cart_abandonners: 10\n"))
    assert "relance.yml:4" in told and "cart_abandonners" in told and "did you mean `cart_abandoners`" in told


def test_a_window_shorter_than_the_quiet_time_is_told(make_project: MakeProject):
    """Nobody can be left alone for longer than the audience looks back: it would be empty, and say nothing."""
    told = refusal(make_project("windows: {second_order: 29}\n"))
    assert "relance.yml:2" in told and "second_order" in told and "29 days" in told
    assert "second_order" in loaded(make_project("windows: {second_order: 30}\n"))


def test_no_audience_is_called_what_everybody_is(make_project: MakeProject):
    """Its holdout would be counted with that of all people."""
    project = make_project()
    own = project.base / "audiences" / "all.yml"
    own.parent.mkdir()
    own.write_text(shipped("high_value_carts").replace("name: high_value_carts", "name: all"))
    own.with_suffix(".sql").write_text("select 1")
    assert "all.yml:" in (told := refusal(project)) and "another name" in told


def test_two_audiences_of_one_name_are_told(make_project: MakeProject):
    """Of two files of one name, one would quietly stand in for the other."""
    project = make_project()
    for season in ("spring", "autumn"):
        own = project.base / "audiences" / season / "high_value_carts.yml"
        own.parent.mkdir(parents=True)
        own.write_text(shipped("high_value_carts"))
    told = refusal(project)
    assert "spring" in told and "autumn" in told and "another name" in told


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED_AUDIENCES.glob("*/*.sql")))
def test_every_shipped_audience_is_told_and_tried(name: str):
    """An audience that nobody can explain is used by nobody, and one without a unit test may say anything after the next edit."""
    written = yaml.safe_load(shipped(name))
    (model,) = written["models"]
    spec = model["config"]["meta"]["audience"]
    assert model["name"] == name and model["description"].strip() and spec["example"].strip() and spec["says"]
    tried = [test for test in written["unit_tests"] if test["model"] == name]
    expected = [row for test in tried for row in test["expect"]["rows"]]
    people = {
        row["profile_id"]
        for test in tried
        for given in test["given"]
        for row in given.get("rows", ())
        if isinstance(row, dict) and "profile_id" in row
    }
    members = {row["profile_id"] for row in expected if row["blocked_by"] is None}
    assert members and (people - members or len(members) < len(expected)), "somebody is in, and somebody is not"
