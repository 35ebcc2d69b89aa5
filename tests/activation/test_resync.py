"""`relance resync`: a destination whose list was lost, or can't be trusted, is told everything anew, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from activation_shop import AS_OF, Killed, Shop, agree, manifest, people, rows

from dagster_project.activation import publish, resync
from dagster_project.activation.resync_journal import ask, asked
from dagster_project.control import identify_run
from dagster_project.errors import RelanceError
from dagster_project.settings import load_settings

pytestmark = pytest.mark.usefixtures("unchecked")
META = "meta_custom_audience"


def wish(shop: Shop) -> None:
    assert ask(shop.con, "test", META, AS_OF)


@pytest.mark.parametrize("mode", ["delta", "full"])
def test_everything_is_told_anew(shop: Shop, mode: str) -> None:
    """Somebody emptied or mixed up the list in the platform: a delta alone would never bring the others back."""
    activation = shop.activation(mode=mode)
    shop.fill(people(6))
    shop.run(activation)
    shop.fill(people(4, start=1))
    shop.run(activation)
    shop.con.execute("update activation.ledger set acknowledged_at = now()::timestamp")
    assert shop.run(activation).status == "unchanged"
    wish(shop)
    again = shop.run(activation)
    assert (again.adds, again.removes, again.held) == (4, 2, 4)
    assert len(rows(again, "add.csv" if mode == "delta" else "full.csv")) == 4
    assert len(rows(again, "remove.csv")) == 2
    assert {(operation, reason) for operation, reason, _ in shop.ledger()[-6:]} == {("add", "resync"), ("remove", "resync")}
    assert manifest(again)["resync"] == ["add", "remove"]
    assert shop.run(activation).status == "unchanged", "once"
    agree(shop)


def test_additions_wait_where_a_gate_is_closed(shop: Shop) -> None:
    """Below the platform's minimum nobody may be sent: the removals are told, and the rest when the gate opens."""
    shop.fill(people(6))
    shop.run()
    shop.fill(people(4))
    shop.run()
    wish(shop)
    closed = shop.run(shop.activation(minimum_rows=5))
    assert (closed.adds, closed.removes) == (0, 2)
    assert asked(shop.con, "test", META) == ("add",)
    opened = shop.run()
    assert (opened.adds, opened.removes, opened.held) == (4, 0, 4)
    assert asked(shop.con, "test", META) == ()


def test_a_crash_neither_loses_nor_repeats_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was published and not yet entered is entered by the next command, the wish with it."""
    shop.fill(people(3))
    shop.run()
    wish(shop)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish, "commit", killed)
        with pytest.raises(Killed):
            shop.run()
    assert asked(shop.con, "test", META) == ("add", "remove")
    assert shop.run().status == "unchanged"
    assert asked(shop.con, "test", META) == ()
    assert len(shop.ledger()) == 6


def test_a_wish_is_another_run(shop: Shop) -> None:
    """At a clock that stands still the same run would find its work done, and tell nobody anything."""
    shop.fill(people(3))
    shop.run()
    before = identify_run(shop.con, shop.settings, AS_OF).run_id
    wish(shop)
    assert not ask(shop.con, "test", META, AS_OF)
    asking = identify_run(shop.con, shop.settings, AS_OF).run_id
    assert asking != before
    shop.run()
    assert identify_run(shop.con, shop.settings, AS_OF).run_id == asking, "met, it is no ground for yet another run"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has sent one list, by hand."""
    (tmp_path / "landing").mkdir()
    company = "company: {name: A, currency: EUR, timezone: Europe/Paris, country: FR}\n"
    (tmp_path / "relance.yml").write_text(company)
    from dagster_project.activation.tables import create_tables

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        create_tables(con)
        con.execute(
            """insert into activation.ledger by name select 1 as sequence, 'brevo_win_back' as activation, 'brevo' as destination,
                'win_back' as audience, 'p' as profile_id, 'add' as operation, 'new' as reason, 'k' as match_keys_sha256,
                'a' as attributes_sha256, 'r' as run_id, timestamp '2026-01-01' as as_of, timestamp '2026-01-01' as exported_at,
                'brevo/brevo_win_back/20260101T000000Z/r/add.csv' as file"""
        )
    return tmp_path


def test_the_command_names_what_runs(project: Path) -> None:
    """A mistyped name must not be noted as done; messages and conversions must never be sent a second time."""
    settings = load_settings(project)
    assert "tells brevo all of brevo_win_back anew" in resync.resync(settings, "brevo_win_back")
    assert "asked for before" in resync.resync(settings, "brevo_win_back")
    assert "sent nothing to brevo yet" in resync.resync(settings, "brevo_upsell")
    with pytest.raises(RelanceError, match=r"No activation `brevo_win_bak` runs \(did you mean `brevo_win_back`"):
        resync.resync(settings, "brevo_win_bak")
    with pytest.raises(RelanceError, match="is sent once"):
        resync.resync(settings, "cart_recovery")
    with duckdb.connect(str(settings.warehouse_path)) as con:
        assert asked(con, "brevo_win_back", "brevo") == ("add", "remove")
