"""Removals are asked for until somebody says that the platform took them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from activation_shop import Shop, people, rows

from dagster_project.activation.acknowledge import acknowledge
from dagster_project.activation.build import ActivationResult
from dagster_project.errors import RelanceError
from dagster_project.settings import Activations

pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def on_disk(tmp_path: Path) -> Shop:
    """A shop whose warehouse another command can open."""
    return Shop(tmp_path / "project")


def leave(shop: Shop) -> ActivationResult:
    """Three people are exported, one leaves; returns the removal's export."""
    shop.fill(people(3))
    shop.run()
    shop.fill(people(2))
    result = shop.run()
    assert result.removes == 1
    return result


def place_of(shop: Shop, result: ActivationResult) -> str:
    assert result.folder is not None
    return result.folder.relative_to(shop.exports).as_posix()


def acked(shop: Shop, export: str) -> list[str]:
    shop.con.close()
    lines = acknowledge(shop.settings, export)
    shop.con = duckdb.connect(str(shop.settings.warehouse_path))
    return lines


def test_a_removal_that_nobody_acknowledged_is_asked_for_again(shop: Shop) -> None:
    """A platform that refused it, or a file that was never uploaded, would keep the person on the list for ever."""
    first = leave(shop)
    assert shop.run(days=6).status == "unchanged", "not every day"
    again = shop.run(days=1)
    assert (again.adds, again.removes, again.held) == (0, 1, 2)
    assert rows(again, "remove.csv") == rows(first, "remove.csv")
    assert shop.ledger()[-1][:2] == ("remove", "retry")
    assert shop.run(days=7).removes == 1
    assert shop.run(days=90).removes == 0, "the keys are kept no longer"


def test_whoever_came_back_is_not_removed_again(shop: Shop) -> None:
    """A late retry would take people off a list that they are on again."""
    leave(shop)
    shop.fill(people(3))
    assert shop.run(days=1).adds == 1
    assert shop.run(days=30).status == "unchanged"


def test_it_can_be_turned_off(shop: Shop) -> None:
    """Who acknowledges nothing, and knows that removals are taken, wants no file for them."""
    shop.settings = shop.settings.model_copy(update={"activations": Activations(retry_removals_days=None)})
    leave(shop)
    assert shop.run(days=30).status == "unchanged"


@pytest.mark.parametrize("named", ["export", "file", "activation", "path", "below"])
def test_what_was_acknowledged_is_done(on_disk: Shop, named: str) -> None:
    """People name an export as they see it: by its folder, a file of it, or all of an activation."""
    place = place_of(on_disk, leave(on_disk))
    export = {
        "export": place, "file": f"{place}/remove.csv", "activation": "/".join(place.split("/")[:2]),
        "path": str(on_disk.exports / place), "below": f"exports/{place}/",
    }[named]  # fmt: skip
    assert "1 removals are acknowledged" in acked(on_disk, export)[0]
    assert on_disk.run(days=30).status == "unchanged"
    assert acked(on_disk, export) == ["All of it was acknowledged before."]


def test_an_unknown_export_is_told(on_disk: Shop) -> None:
    """A typing error that acknowledges nothing in silence leaves people on lists."""
    place = place_of(on_disk, leave(on_disk))
    with pytest.raises(RelanceError, match=r"There is no export .*did you mean `meta_custom_audience/test"):
        acked(on_disk, place[:-1] + "9")


def test_nothing_was_exported(on_disk: Shop) -> None:
    """Before the first run there is no ledger to write in."""
    on_disk.con.close()
    on_disk.settings.warehouse_path.unlink()
    with pytest.raises(RelanceError, match="Nothing has been exported yet"):
        acknowledge(on_disk.settings, "x")
