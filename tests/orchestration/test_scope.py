"""How much dbt builds: never less than what is stale, and not more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project import control
from dagster_project.assets.scope import (
    Ground,
    Scope,
    clock_nodes,
    forget_build,
    plan_build,
    remember_build,
    scope_of,
    starts_afresh,
    stood_together,
)
from dagster_project.settings import Settings

GROUND = Ground("raw", "configuration", "run", "foundation")
EVERY, CLOCK = set("abcdef"), set("ef")


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def test_a_first_build_is_a_whole_one(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing is known of a new warehouse, so nothing may be left out."""
    assert scope_of(con, GROUND) is Scope.EVERYTHING


@pytest.mark.parametrize(
    ("ground", "scope"),
    [
        (GROUND, Scope.NOTHING),
        (Ground("raw", "configuration", "another run", "foundation"), Scope.CLOCK),
        (Ground("news", "configuration", "another run", "foundation"), Scope.EVERYTHING),
        (Ground("raw", "a changed model", "another run", "foundation"), Scope.EVERYTHING),
        (Ground("raw", "configuration", "another run", "another horizon"), Scope.EVERYTHING),
    ],
)
def test_scope_follows_what_changed(con: duckdb.DuckDBPyConnection, ground: Ground, scope: Scope) -> None:
    """News or a changed model need everything, a later moment what depends on the clock, the same run nothing."""
    remember_build(con, GROUND)
    assert scope_of(con, ground) is scope


def test_a_killed_build_is_followed_by_a_whole_one(con: duckdb.DuckDBPyConnection) -> None:
    """Tables half built must not be taken for the state of the last complete build."""
    remember_build(con, GROUND)
    forget_build(con, afresh=False)
    assert scope_of(con, GROUND) is Scope.EVERYTHING


def test_increments_start_afresh_when_their_rules_change(con: duckdb.DuckDBPyConnection) -> None:
    """Old rows that follow old rules add up to nothing with new ones, whatever run was killed in between."""
    assert starts_afresh(con, GROUND)
    remember_build(con, GROUND)
    assert not starts_afresh(con, replace(GROUND, raw_state="news", configuration="a changed audience", run_id="another run"))
    forget_build(con, afresh=False)
    assert not starts_afresh(con, GROUND)
    assert starts_afresh(con, replace(GROUND, foundation="a changed time zone"))
    forget_build(con, afresh=True)
    assert starts_afresh(con, GROUND)


@given(selected=st.sets(st.sampled_from(sorted(EVERY)), min_size=1), scope=st.sampled_from(Scope))
@settings(max_examples=60, deadline=None)
def test_a_plan_never_forgets_what_is_stale(selected: set[str], scope: Scope) -> None:
    """A build that left something stale must not be remembered as complete; what was picked by hand is always built."""
    stale = {Scope.EVERYTHING: EVERY, Scope.CLOCK: CLOCK, Scope.NOTHING: set()}[scope]
    plan = plan_build(selected, EVERY, CLOCK, scope)
    assert plan.chosen <= selected
    assert plan.completes == (stale <= plan.chosen)
    if selected == EVERY:
        assert plan.chosen == stale
    elif selected == CLOCK:
        assert plan.chosen == stale & CLOCK
    else:
        assert plan.chosen == selected


def test_clock_nodes_are_all_that_hangs_on_the_moment() -> None:
    """A model two steps after the run's moment goes stale with it; one beside it does not."""
    manifest = {
        "sources": {
            "source.p.control.run": {"source_name": "control", "name": "run"},
            "source.p.control.company": {"source_name": "control", "name": "company"},
            "source.p.activation.ledger": {"source_name": "activation", "name": "ledger"},
        },
        "child_map": {
            "source.p.control.run": ["model.p.rfm"],
            "model.p.rfm": ["model.p.win_back", "test.p.rfm_unique"],
            "source.p.control.company": ["model.p.edges"],
            "source.p.activation.ledger": ["model.p.capped"],
        },
    }
    assert clock_nodes(manifest) == {"model.p.rfm", "model.p.win_back", "test.p.rfm_unique", "model.p.capped"}


def test_messages_follow_the_hour_without_everything_else(con: duckdb.DuckDBPyConnection) -> None:
    """After the job of messages, their files may leave, lists may not, and the next run has only the clock to catch up with."""
    remember_build(con, GROUND)
    later = replace(GROUND, run_id="an hour later")
    plan = plan_build({"e"}, EVERY, CLOCK, scope_of(con, later), messages={"e"})
    assert (plan.chosen, plan.completes, plan.completes_messages) == ({"e"}, False, True)
    remember_build(con, later, only_messages=True)
    assert con.execute("select run_id, messages_run_id from control.built").fetchone() == (None, "an hour later")
    assert scope_of(con, later) is Scope.CLOCK
    stale = plan_build({"e"}, EVERY, CLOCK, Scope.EVERYTHING, messages={"e"})
    assert not stale.completes_messages  # of news that nobody has built, no message may be made


def test_what_stood_at_two_moments_is_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    """After the job of messages, a table that it did not make is older than what it is made of, and looks up to date."""
    assert not stood_together(con, {"e"}, {"e"})
    remember_build(con, GROUND)
    assert stood_together(con, CLOCK, {"e"})
    remember_build(con, GROUND, only_messages=True)
    assert stood_together(con, {"e"}, {"e"}) and not stood_together(con, CLOCK, {"e"})
    forget_build(con, afresh=False)
    assert not stood_together(con, {"e"}, {"e"})


def test_another_relance_is_another_configuration(
    make_project: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models in Python would go on saying what the release before made of the same data."""
    model = tmp_path / "dagster_project" / "scores" / "learn.py"
    model.parent.mkdir(parents=True)
    monkeypatch.setattr(control, "SHIPPED", tmp_path)
    settings, found = make_project(), set()
    for trees in (80, 40):
        model.write_text(f"TREES = {trees}")
        found.add(control.configuration_hash(settings))
    assert len(found) == 2
