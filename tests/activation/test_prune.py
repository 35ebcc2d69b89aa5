"""Old exports go when their time is over; nothing that is still of use goes with them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from activation_shop import Killed, Shop, people
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.activation import prune
from dagster_project.activation.build import run_activation
from dagster_project.activation.delivery import deliver
from dagster_project.activation.ledger import point_latest
from dagster_project.activation.prune import prune_exports
from dagster_project.activation.reconcile import is_whole, reconcile
from dagster_project.privacy.retention_settings import Retention
from dagster_project.settings import Activations

pytestmark = pytest.mark.usefixtures("unchecked")
HOME = "meta_custom_audience/test"


def keep(shop: Shop, **retention: Any) -> None:
    shop.settings = shop.settings.model_copy(
        update={"retention": Retention(**{"exports_days": 30, "sent_keys_days": 40} | retention)}
    )


def export(shop: Shop, start: int, days: int = 10, mode: str = "delta") -> Path:
    shop.fill(people(5, start=start))
    folder = shop.run(shop.activation(mode=mode), days=days).folder
    assert folder
    return folder


def files(shop: Shop) -> set[str]:
    """run/file of what still lies there."""
    return {f"{path.parent.name}/{path.name}" for path in shop.exports.rglob("*.csv")}


def acknowledged(shop: Shop) -> None:
    shop.con.execute("update activation.ledger set acknowledged_at = now()::timestamp")


def test_files_go_and_manifests_stay(shop: Shop) -> None:
    """Identifiers must not lie there for ever, and books with holes tell nobody what was sent."""
    keep(shop)
    for start in range(5):
        export(shop, start)
    acknowledged(shop)
    ledger, chain = (
        shop.ledger(),
        [json.loads(path.read_text())["previous"] for path in sorted(shop.exports.rglob("manifest.json"))],
    )
    assert prune_exports(shop.con, shop.settings, shop.as_of)[0] == 1
    assert files(shop) == {f"run{n}/{name}.csv" for n in (2, 3, 4, 5) for name in ("add", "remove")}
    assert prune_exports(shop.con, shop.settings, shop.as_of)[0] == 0
    assert shop.con.execute("select path from activation.files where pruned_at is not null").fetchall() == [
        (f"{HOME}/20260311T060000Z/run1/add.csv",)
    ]
    manifests = sorted(shop.exports.rglob("manifest.json"))
    assert [json.loads(path.read_text())["previous"] for path in manifests] == chain
    assert all(is_whole(path.parent) for path in manifests)
    assert shop.ledger() == ledger
    assert reconcile(shop.con, shop.settings) == []
    again = run_activation(shop.settings, shop.con, shop.activation(), "run1", shop.as_of)
    assert (again.status, again.files) == ("already_published", [])
    # Whoever was sent by what is gone is still removed with the keys that were sent.
    shop.fill([])
    assert shop.run().removes == 5


def test_a_ledger_that_is_lost_after_pruning_comes_back_whole(shop: Shop) -> None:
    """Without the first, pruned export, a rebuilt ledger would forget who is on the platform."""
    keep(shop)
    for start in range(5):
        export(shop, start)
    acknowledged(shop)
    prune_exports(shop.con, shop.settings, shop.as_of)
    ledger = shop.ledger()
    for table in ("ledger", "files"):
        shop.con.execute(f"drop table activation.{table}")
    reconcile(shop.con, shop.settings)
    assert shop.ledger() == ledger
    assert shop.con.execute("select count(*) from activation.files where pruned_at is not null").fetchone() == (1,)


def test_what_is_still_of_use_stays(shop: Shop, tmp_path: Path) -> None:
    """The last list, a removal that nobody has taken, an export on its way: pruned, they are lost."""
    keep(shop)
    delivery = Activations.model_validate({"delivery": {"default": f"file://{tmp_path}/out"}})
    delivered, local = shop.settings.model_copy(update={"activations": delivery}), shop.settings
    shop.settings = delivered
    export(shop, 0)
    export(shop, 1)
    shop.as_of += timedelta(days=35)
    assert prune_exports(shop.con, delivered, shop.as_of)[0] == 0, "both wait to be delivered"
    assert deliver(shop.con, delivered, "test", "meta_custom_audience")
    assert prune_exports(shop.con, delivered, shop.as_of)[0] == 1, "`latest` names the other"
    export(shop, 2)
    shop.as_of += timedelta(days=31)
    assert prune_exports(shop.con, local, shop.as_of)[0] == 1, "nobody delivers, and the keys of its removal are no longer kept"


def test_the_newest_full_list_stays_beside_a_later_removal(shop: Shop) -> None:
    """Where a gate closed the list, `latest` is a removal; the last good list is what people still have on the platform."""
    keep(shop)
    full = export(shop, 0, mode="full")
    shop.fill(people(1))
    closed = shop.run(shop.activation(mode="full", minimum_rows=3))
    assert closed.folder and [path.name for path in closed.files] == ["remove.csv"]
    acknowledged(shop)
    assert prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=300))[0] == 0
    assert (full / "full.csv").is_file()


def test_an_unacknowledged_removal_stays_while_it_is_asked_for(shop: Shop) -> None:
    """It may be the only file that says so."""
    keep(shop)
    export(shop, 0)
    shop.fill(people(4))
    shop.run()
    shop.fill(people(5, start=10))
    late = shop.run(days=2)
    removal = shop.as_of
    assert late.removes == 4
    shop.settings = shop.settings.model_copy(update={"activations": Activations(retry_removals_days=None)})
    shop.fill(people(6, start=10))
    shop.run(days=20)
    assert prune_exports(shop.con, shop.settings, removal + timedelta(days=35))[0] == 1, "only the first, which removes nobody"
    assert prune_exports(shop.con, shop.settings, removal + timedelta(days=45))[0] == 2, "their keys are no longer kept"


def test_a_damaged_manifest_is_told(shop: Shop) -> None:
    """One old export that can't be pruned would keep back all that is to come, removals too; or nobody hears which it is."""
    keep(shop)
    first = export(shop, 0)
    export(shop, 1)
    acknowledged(shop)
    (first / "manifest.json").write_text("{}")
    export(shop, 2)
    acknowledged(shop)
    pruned, (failed,) = prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=31))
    assert pruned == 1
    assert failed.endswith("run1: its manifest is damaged")


def test_exports_may_be_kept_for_ever(shop: Shop) -> None:
    """A company whose auditors want every file must be able to say so."""
    keep(shop, exports_days=None)
    export(shop, 0)
    export(shop, 1)
    assert prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=5000))[0] == 0


@pytest.mark.parametrize("moment", ["write_manifest", "moment_of"])
def test_killed_while_pruning(shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """A crash between two files must not leave an export that the next command takes for a damaged one."""
    keep(shop)
    export(shop, 0)
    export(shop, 1)
    acknowledged(shop)
    real = getattr(prune, moment)

    def killed(*args: Any) -> None:
        real(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(prune, moment, killed)
        with pytest.raises(Killed):
            prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=31))
    assert reconcile(shop.con, shop.settings) == []
    assert prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=31))[0] == 1
    assert files(shop) == {"run2/add.csv", "run2/remove.csv"}


def test_latest_never_names_what_was_pruned(shop: Shop) -> None:
    """Somebody deletes the newest folder by hand: an empty one is no export to go back to."""
    keep(shop)
    first, second = export(shop, 0), export(shop, 1)
    acknowledged(shop)
    prune_exports(shop.con, shop.settings, shop.as_of + timedelta(days=31))
    assert not list(first.glob("*.csv"))
    for path in second.iterdir():
        path.unlink()
    second.rmdir()
    point_latest(shop.con, shop.settings, "meta_custom_audience", "test")
    assert not (shop.exports / HOME / "latest").exists()


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 8), st.integers(1, 30), st.booleans()), min_size=1, max_size=8))
def test_pruning_changes_nothing_that_is_sent(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]]
) -> None:
    """Exports with pruning between them are, file for file, those without: what is gone is not missed."""
    trees = []
    for pruned in (False, True):
        shop = Shop(tmp_path_factory.mktemp("shop") / "project", ":memory:")
        keep(shop, exports_days=10, sent_keys_days=15)
        seen: dict[str, bytes] = {}
        for start, days, is_acknowledged in steps:
            shop.fill(people(4, start=start))
            shop.run(days=days)
            seen |= {path: content for path, content in shop.tree().items() if path.endswith(".csv")}
            if is_acknowledged:
                acknowledged(shop)
            if pruned:
                prune_exports(shop.con, shop.settings, shop.as_of)
        trees.append(seen)
        shop.con.close()
    assert trees[0] == trees[1]
