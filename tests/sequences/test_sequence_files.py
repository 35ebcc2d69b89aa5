"""What `relance check` says of sequences: every mistake with its line, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import yaml

from dagster_project.errors import RelanceError
from dagster_project.sequences import load_exports, load_sequences, read_sequences
from dagster_project.settings import Settings, read_settings
from tests.sequences.world import CARTS, audience

SHIPPED_FOR = (
    "cart_abandoners prospect_reactivation received_leads open_day_invitations prospect_open_day_invitations event_registrants"
    " customer_event_registrants customer_event_attendees customer_event_no_shows"
    " event_attendees event_no_shows review_request win_back_months upsell win_back product_viewers hot_leads best_customers_seed"
    " high_value_carts"
)
AUDIENCES = [
    *(audience(name) for name in ["carts", *SHIPPED_FOR.split()]),
    audience("buyers", kind="suppression", goal=None),
    audience("advertised", channels=["ads"]),
]

Project = Callable[..., Settings]


def write(project: Settings, name: str = "mine", **changes: Any) -> None:
    folder = project.base / "activations" / "sequences"
    folder.mkdir(parents=True, exist_ok=True)
    spec = {key: value for key, value in {**CARTS, "name": name, **changes}.items() if value is not None}
    (folder / f"{name}.yml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")


def test_shipped_sequences_are_sound_and_a_new_one_is_a_yaml(make_project: Project) -> None:
    """Adding a sequence must need no Python; one of the same name stands in for the shipped one."""
    project = make_project()
    shipped = {one.name for one in load_sequences(project, AUDIENCES)}
    assert {"cart_recovery", "reactivation", "sales_cadence", "open_day", "open_day_thanks", "open_day_no_show"} <= shipped
    write(project)
    write(project, "cart_recovery", description="Ours.")
    found = {one.name: one for one in load_sequences(project, AUDIENCES)}
    assert found.keys() == shipped | {"mine"}
    assert found["cart_recovery"].spec.description == "Ours."


def test_relance_yml_names_the_sequences_that_run(make_project: Project) -> None:
    """Whoever enables some exports by name does not start all sequences with them."""
    project = make_project("activations: {enabled: [brevo_win_back, cart_recovery]}\n")
    activations, sequences = load_exports(project, AUDIENCES)
    assert [one.name for one in activations] == ["brevo_win_back"]
    assert [one.name for one in sequences] == ["cart_recovery"]


def test_a_replay_plans_no_messages(make_project: Project) -> None:
    """A look back has no ledger: every message ever sent would be due in it once more."""
    assert load_exports(make_project().replay(datetime(2026, 5, 1)), AUDIENCES) == ([], [])


STEP = {"name": "one", "after": {"hours": 24}, "hint": "x"}


@pytest.mark.parametrize(
    ("changes", "says", "line"),
    [
        ({"audience": "cartz"}, "Unknown audience `cartz` (did you mean `carts`?)", 3),
        ({"audience": "buyers"}, "is a suppression audience", 3),
        ({"audience": "advertised"}, "is not meant for email", 5),
        ({"kind": "cart_recovry"}, "Unknown kind of message `cart_recovry` (did you mean `cart_recovery`?)", 4),
        ({"channel": "pigeon"}, "channel", 5),
        ({"channel": "phone"}, "Brevo (contact import) serves email, not phone", 6),
        ({"destination": "brewo"}, "Unknown destination `brewo` (did you mean `brevo`?)", 6),
        ({"then": "nowhere"}, "Unknown sequence `nowhere`", 1),
        ({"then": "mine"}, "mine → mine", 1),
        ({"steps": [STEP | {"after": {"hours": -3}}]}, "greater than or equal to 0", 11),
        ({"steps": [STEP | {"after": {"hours": 3, "days": 1}}]}, "one of hours, days and working_days", 10),
        ({"steps": [STEP | {"days_before": 3}]}, "either `after` or `days_before`", 9),
        ({"steps": [STEP, STEP | {"after": {"hours": 48}}]}, "The step `one` stands twice", 13),
        ({"steps": [STEP | {"at": 25, "after": {"days": 1}}]}, "a whole hour from 0 to 23", 13),
        ({"steps": [STEP | {"at": "10:00", "after": {"days": 1}}]}, "a whole hour from 0 to 23", 13),
        ({"steps": [STEP | {"after": "24h"}]}, "such as {hours: 24}", 10),
        ({"open": {"hours": [8, 21]}}, "a list of pairs such as [[9, 12]", 1),
        ({"open": {"hours": [[21, 8]]}}, "the first smaller", 1),
        ({"steps": [STEP | {"at": 8}]}, "leave no choice of an hour", 13),
        ({"steps": [STEP | {"product": "lamp"}]}, "Unknown key", 13),
        ({"name_": "x"}, "Unknown key", 1),
        ({"match_keys": ["emial"]}, "knows no match key `emial` (did you mean `email`?)", 1),
        ({"then": ["nowhere", "cart_recovery"]}, "Unknown sequence `nowhere`", 1),
        ({"steps": [STEP | {"until_days_before": 3}]}, "is over before it is due", 13),
        ({"steps": [{"name": "one", "days_before": 3, "until_days_before": 5, "hint": "x"}]}, "is over before it is due", 11),
        ({"enter_within_days": 1}, "the first step is due when the anchor is 1 days old or more", 7),
        ({"repeat": {"times": 1, "days": 30, "spacing_days": 2}}, "A round lasts 4 days", 1),
    ],
)
def test_mistakes_have_a_line_and_a_cure(make_project: Project, changes: dict[str, Any], says: str, line: int) -> None:
    """A marketer who mistypes must be told where, not shown a traceback by the run at night."""
    project = make_project()
    write(project, **changes)
    with pytest.raises(RelanceError) as caught:
        read_sequences(project, AUDIENCES)
    (mistake,) = caught.value.mistakes or [caught.value]
    told = str(mistake)
    assert says in told and "How to mend" in told
    place = told.partition("mine.yml:")[2].split(".")[0].split(" ")[0]
    assert int(place) == line if line > 1 else int(place) >= 1


def test_a_file_that_would_not_be_read_is_told(make_project: Project) -> None:
    """A marketer waits in vain for a sequence whose file ends otherwise than all others."""
    project = make_project()
    write(project)
    file = project.base / "activations" / "sequences" / "mine.yml"
    file.rename(file.with_suffix(".yaml"))
    with pytest.raises(RelanceError, match=r"call it mine\.yml"):
        read_sequences(project, AUDIENCES)


def test_numbers_that_contradict_each_other_name_both_lines(make_project: Project) -> None:
    """Three times a year can't be half a year apart: which of the two is meant, only the marketer knows."""
    project = make_project()
    write(project, repeat={"times": 3, "days": 365, "spacing_days": 182})
    with pytest.raises(RelanceError, match=r"3 times in 365 days \(line \d+\) can't be 182 days apart \(line \d+\)") as caught:
        read_sequences(project, AUDIENCES)
    assert "`spacing_days: 121` or `times: 2`" in str(caught.value)


def test_the_same_in_relance_yml(make_project: Project) -> None:
    """`times: 3` alone, over a default spacing of half a year, is what people will write first."""
    project = make_project()
    path = project.config_path
    path.write_text(path.read_text() + "pressure:\n  kinds:\n    reactivation:\n      times: 3\n")
    _, mistakes = read_settings(path)
    ((_, mistake),) = mistakes
    assert "3 times in 365 days (line 5) can't be 182 days apart (the default)" in str(mistake)
    assert "spacing_days: 121" in str(mistake)
    path.write_text(path.read_text() + "      spacing_days: 120\n")
    settings, mistakes = read_settings(path)
    assert not mistakes and settings.pressure.kinds["reactivation"].times == 3


def test_what_a_company_writes_stands_over_the_defaults(make_project: Project) -> None:
    """One cap changed must not forget the others."""
    project = make_project("pressure: {channels: {email: {messages: 2}}, kinds: {gala: {times: 1, days: 365}}}\n")
    assert (project.pressure.channels["email"].messages, project.pressure.channels["email"].days) == (2, 7)
    assert project.pressure.channels["phone"].messages == 4
    assert project.pressure.kinds["gala"].spacing_days == 365
    assert "reactivation" in project.pressure.kinds
