"""In Dagster, building and delivering are two assets: each can fail, and be made again, without the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from activation_shop import Shop, people

from dagster_project.activation import delivery_store, publish
from dagster_project.activation.activations import Activation
from dagster_project.assets import activations as assets
from dagster_project.assets.common import RunInHand, Silence
from dagster_project.assets.deliveries import delivery_assets
from dagster_project.quality.gx import CheckResult
from dagster_project.settings import Activations

pytestmark = pytest.mark.usefixtures("unchecked")
EXPORT, DELIVERY = dg.AssetKey(["activations", "test"]), dg.AssetKey(["deliveries", "test"])


@pytest.fixture
def on_disk(tmp_path: Path) -> Shop:
    """A shop whose assets open its warehouse themselves, with a delivery into a folder."""
    shop = Shop(tmp_path / "project")
    shop.con.close()
    delivery = Activations.model_validate({"delivery": {"meta_custom_audience": f"file://{tmp_path}/share"}})
    shop.settings = shop.settings.model_copy(update={"activations": delivery})
    return shop


def fill(shop: Shop, start: int) -> None:
    with_people = Shop(shop.settings.base)
    with_people.fill(people(4, start=start))
    with_people.con.close()


def made(shop: Shop, activation: Activation) -> list[dg.AssetsDefinition]:
    exports = assets.activation_assets([activation])
    return [*exports, *delivery_assets(shop.settings, [(exports[0].key, activation)])]


def materialize(shop: Shop, monkeypatch: pytest.MonkeyPatch, only: list[dg.AssetKey] | None = None) -> dg.ExecuteInProcessResult:
    """A run of both assets, a day after the last."""
    shop.runs += 1
    shop.as_of += timedelta(days=1)
    identified = SimpleNamespace(run_id=f"run{shop.runs}", as_of=shop.as_of)
    monkeypatch.setattr(assets, "run_in_control", lambda con: identified)
    monkeypatch.setattr(assets, "_makes_all_of", lambda *_: True)
    run = RunInHand(shop.settings, shop.as_of, False, Silence())
    try:
        return dg.materialize(
            made(shop, shop.activation()), selection=only, resources={"run": dg.ResourceDefinition.hardcoded_resource(run)},
            raise_on_error=False,
        )  # fmt: skip
    finally:
        run.let_go()


def arrived(shop: Shop) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in (shop.settings.base.parent / "share").rglob("*.*"))


def test_what_was_built_is_delivered(on_disk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two assets in one line, so that the web UI shows where an export is."""
    fill(on_disk, 0)
    result = materialize(on_disk, monkeypatch)
    assert result.success
    (told,) = result.asset_materializations_for_node("deliveries__test")
    assert (told.metadata["exports"].value, told.metadata["files"].value) == (1, 1)
    assert arrived(on_disk) == ["run1/add.csv", "run1/manifest.json"]


def test_without_a_delivery_there_is_no_such_asset(on_disk: Shop) -> None:
    """Where the exports folder is the delivery, an asset that does nothing is noise."""
    assert len(made(on_disk, on_disk.activation())) == 2
    assert len(made(on_disk, on_disk.activation("brevo"))) == 1


def test_a_failed_delivery_leaves_the_export_and_is_made_again_alone(on_disk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody should build for half an hour since a server was away for a minute."""
    fill(on_disk, 0)
    share = on_disk.settings.base.parent / "share"
    share.write_text("in the way")
    monkeypatch.setattr(delivery_store, "WAITS", ())
    result = materialize(on_disk, monkeypatch)
    assert not result.success
    assert [event.asset_key for event in result.get_asset_materialization_events()] == [EXPORT]
    share.unlink()
    assert materialize(on_disk, monkeypatch, [DELIVERY]).success
    assert arrived(on_disk) == ["run1/add.csv", "run1/manifest.json"]


def test_a_removal_is_delivered_although_a_check_failed(on_disk: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed check Dagster begins nothing that follows; whoever withdrew would stay on the list until it is mended."""
    fill(on_disk, 0)
    assert materialize(on_disk, monkeypatch).success
    fill(on_disk, 1)

    def refuse(con: Any, path: Path, *_: Any) -> CheckResult:
        return CheckResult(path.name, path.name == "remove.csv")

    monkeypatch.setattr(publish, "check_file", refuse)
    result = materialize(on_disk, monkeypatch)
    assert not result.success
    assert arrived(on_disk) == ["run1/add.csv", "run1/manifest.json", "run2/manifest.json", "run2/remove.csv"]
