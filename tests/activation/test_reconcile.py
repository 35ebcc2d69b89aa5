"""What a crash, a loss or a change of rules left behind is finished, rebuilt or told; the last copy of what was sent is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from activation_shop import Killed, Shop, agree, people

from dagster_project.activation import publish
from dagster_project.activation.ledger import point_latest
from dagster_project.activation.reconcile import reconcile
from dagster_project.activation.tables import held_without_activation


def test_damage_from_outside_is_repaired_or_told(shop: Shop) -> None:
    """`latest` deleted by hand comes back; a damaged unknown folder goes; one that can't be known is left and told."""
    shop.fill(people(3))
    result = shop.run()
    home = shop.exports / "meta_custom_audience/test"
    (home / "latest").unlink()
    assert point_latest(shop.con, shop.settings, "meta_custom_audience", "test")
    assert not point_latest(shop.con, shop.settings, "meta_custom_audience", "test")
    for name in ("damaged", "unknown"):
        copy = home / "20260405T000000Z" / name
        copy.mkdir(parents=True)
        for path in (result.folder or Path()).iterdir():
            (copy / path.name).write_bytes(path.read_bytes() + (b"x" if name == "damaged" and path.suffix == ".csv" else b""))
    done = " ".join(reconcile(shop.con, shop.settings))
    assert "removed the damaged export meta_custom_audience/test/20260405T000000Z/damaged" in done
    assert "left meta_custom_audience/test/20260405T000000Z/unknown alone" in done


def test_a_lost_warehouse_learns_from_folders_and_outbox(shop: Shop) -> None:
    """A ledger rebuilt from nothing would forget who is on the platforms, and never remove them."""
    shop.fill(people(3))
    shop.run()
    shop.fill(people(3, start=1))
    shop.run()
    ledger = shop.ledger()
    for table in ("ledger", "files", "match_keys"):
        shop.con.execute(f"drop table activation.{table}")
    assert len(reconcile(shop.con, shop.settings)) == 2
    assert shop.ledger() == ledger
    agree(shop)


def test_rules_that_came_later_keep_nobody_on_a_platform(shop: Shop) -> None:
    """A stricter pattern or set of match keys must not block removals for ever: they name rows as they were once sent."""
    brevo = shop.activation("brevo")
    shop.fill(people(3))
    shop.run(brevo)
    email, *others = brevo.destination.columns
    columns = [email.model_copy(update={"pattern": "^nobody$"}), *others]
    stricter = brevo.destination.model_copy(update={"columns": columns, "complete_sets": [["email", "first_name"]]})
    shop.fill(people(2))
    result = shop.run(replace(brevo, destination=stricter))
    assert result.passed and (result.status, result.removes, result.adds) == ("published", 3, 0)


def test_the_last_copy_of_what_was_sent_is_kept(shop: Shop) -> None:
    """With the warehouse lost and the exports folder not mounted, the outbox alone knows who has to be removed one day."""
    shop.fill(people(3))
    shop.run()
    outbox = shop.settings.state_path / "outbox" / "test"
    shop.exports.rename(shop.exports.with_name("unmounted"))
    for table in ("ledger", "files", "match_keys"):
        shop.con.execute(f"drop table activation.{table}")
    assert ["kept 1 outbox files of test" in line for line in reconcile(shop.con, shop.settings)] == [True]
    shop.fill(people(3, start=3))
    shop.run()
    reconcile(shop.con, shop.settings)
    assert {path.stem for path in outbox.iterdir()} == {"run1", "run2"}


@pytest.mark.usefixtures("unchecked")
def test_the_outbox_file_of_an_unpublished_run_goes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identifiers that were never sent must not be kept beyond the run that died."""
    shop.fill(people(3))

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish, "_move_into_place", killed)
        with pytest.raises(Killed):
            shop.run(run_id="dead")
    outbox = shop.settings.state_path / "outbox" / "test"
    assert [path.stem for path in outbox.iterdir()] == ["dead"]
    reconcile(shop.con, shop.settings)
    assert not list(outbox.iterdir())


@pytest.mark.usefixtures("unchecked")
def test_a_rebuilt_ledger_follows_the_order_of_publishing(shop: Shop) -> None:
    """Two runs of one moment, entered by name: the older one's word would count, and a removed person as held."""
    shop.fill(people(3))
    shop.run(run_id="zebra")
    shop.fill(people(3, start=1))
    shop.run(run_id="aardvark", days=0)
    shop.fill(people(3, start=2))
    shop.run(run_id="monkey", days=0)
    ledger = shop.ledger()
    for table in ("ledger", "files", "match_keys"):
        shop.con.execute(f"drop table activation.{table}")
    reconcile(shop.con, shop.settings)
    assert shop.ledger() == ledger
    agree(shop)


def test_activations_that_no_longer_run_but_hold_people_are_named(shop: Shop) -> None:
    """An activation deleted or switched off removes nobody any more: whoever withdraws stays on the platform unseen."""
    assert held_without_activation(shop.con, set()) == []
    shop.fill(people(3))
    shop.run()
    assert held_without_activation(shop.con, {("test", "meta_custom_audience")}) == []
    (told,) = held_without_activation(shop.con, {("test", "brevo")})
    assert told.startswith("meta_custom_audience still holds 3 rows of test, which no longer runs")
    shop.fill([])
    shop.run()
    assert held_without_activation(shop.con, set()) == []
