"""What Dagster knows of a project: complete, in its rooms, and readable where the project is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project import definitions as wiring
from dagster_project.activation.activations import load_activations
from dagster_project.activation.feeds import load_feeds
from dagster_project.assets.common import ROOMS, room
from dagster_project.assets.dbt_translator import RoomTranslator
from dagster_project.audiences import load_audiences
from dagster_project.errors import RelanceError
from dagster_project.loads.discover import feeds
from dagster_project.sequences import load_exports, load_sequences
from dagster_project.settings import Activations, Settings


def test_definitions_can_be_loaded(definitions: dg.Definitions) -> None:
    """A cycle, a doubled key or a job without assets would leave the web UI with a traceback."""
    dg.Definitions.validate_loadable(definitions)


def test_every_model_is_an_asset_and_every_test_a_check(definitions: dg.Definitions, manifest: dict[str, Any]) -> None:
    """A model or test that Dagster does not know would be built unseen, and its failure would block nothing."""
    graph = definitions.resolve_asset_graph()
    nodes = manifest["nodes"].values()
    models = {(node["schema"], node["alias"]) for node in nodes if node["resource_type"] in ("model", "seed")}
    assert len(models) > 40
    assert models <= {tuple(key.path) for key in graph.executable_asset_keys}
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    assert tests and tests <= {key.name for key in graph.asset_check_keys}


def test_tests_of_error_severity_block(definitions: dg.Definitions, manifest: dict[str, Any]) -> None:
    """A test meant to stop wrong files must not merely be shown."""
    specs = {spec.name: spec for assets in definitions.assets or [] for spec in getattr(assets, "check_specs", [])}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            assert specs[node["name"]].blocking == (node["config"]["severity"].lower() == "error")


def test_each_source_table_is_made_by_an_asset(definitions: dg.Definitions) -> None:
    """A source that no asset makes would break the line from file to export."""
    graph = definitions.resolve_asset_graph()
    orphans = {key for key in graph.get_all_asset_keys() if key not in graph.executable_asset_keys}
    assert orphans == set()


def test_each_fed_entity_is_an_asset_with_checks(definitions: dg.Definitions, company: Settings) -> None:
    """Files of an entity without an asset would be loaded without a check."""
    graph = definitions.resolve_asset_graph()
    fed = {dg.AssetKey([f"raw_{source}", name]) for source, names in feeds(company).items() for name in names}
    assert fed and fed <= graph.executable_asset_keys
    for key in fed:
        names = {check.name for check in graph.asset_check_keys if check.asset_key == key}
        assert {"rows_fit_their_contract", "few_rows_refused"} <= names


def test_each_activation_is_an_asset_made_from_its_yaml(definitions: dg.Definitions, company: Settings) -> None:
    """An activation left out, or hung on another audience, would export nothing or the wrong people."""
    graph = definitions.resolve_asset_graph()
    activations = load_activations(company, {audience.name: audience.spec for audience in load_audiences(company)})
    assert activations
    for activation in activations:
        node = graph.get(dg.AssetKey(["activations", activation.name]))
        assert dg.AssetKey(["audiences", activation.audience]) in node.parent_keys
        assert activation.description in (node.description or "")
        assert dg.AssetCheckKey(node.key, "export_is_fit_to_leave") in graph.asset_check_keys
    assert len(activations) == len([key for key in graph.executable_asset_keys if key.path[0] == "activations"])


def test_each_feed_that_runs_is_an_asset_made_of_its_model(definitions: dg.Definitions, company: Settings) -> None:
    """A feed that hangs on another table, or on none, is written before what it tells has been made."""
    graph = definitions.resolve_asset_graph()
    activations, sequences = load_exports(company, load_audiences(company))
    running = load_feeds(company, [*activations, *(sequence.activation for sequence in sequences)])
    assert running
    for feed in running:
        node = graph.get(dg.AssetKey(["feed_files", feed.name]))
        assert dg.AssetKey(["feeds", feed.model.name]) in node.parent_keys and feed.description in (node.description or "")
        assert dg.AssetCheckKey(node.key, "export_is_fit_to_leave") in graph.asset_check_keys
    assert len(running) == len([key for key in graph.executable_asset_keys if key.path[0] == "feed_files"])


def test_an_activation_added_to_the_project_folder_is_an_asset(tmp_path: Path, company: Settings) -> None:
    """Adding an activation must need no Python."""
    from dagster_project.assets.activations import activation_assets

    names = {audience.name: audience.spec for audience in load_audiences(company)}
    shipped = load_activations(company, names)
    own = company.base / "activations" / shipped[0].destination.name
    own.mkdir(parents=True)
    text = shipped[0].path.read_text().replace(f"name: {shipped[0].name}", "name: my_own_list")
    try:
        (own / "my_own_list.yml").write_text(text)
        assets = activation_assets(load_activations(company, names))
    finally:
        (own / "my_own_list.yml").unlink()
    assert dg.AssetKey(["activations", "my_own_list"]) in {key for one in assets for key in one.keys}


def test_groups_are_rooms_and_descriptions_are_there(definitions: dg.Definitions) -> None:
    """An asset without group or description is lost on an analyst."""
    graph = definitions.resolve_asset_graph()
    for key in graph.executable_asset_keys:
        node = graph.get(key)
        assert node.group_name in ROOMS, key
        assert node.description, key


def test_an_unknown_room_is_refused() -> None:
    """A new folder of models must not vanish into a default group."""
    with pytest.raises(RelanceError, match="no room `attic`"):
        room("attic")
    with pytest.raises(RelanceError, match="attic"):
        RoomTranslator().get_group_name({"resource_type": "model", "fqn": ["relance", "attic", "old_things"]})


def test_loads_and_audiences_have_a_freshness_policy(definitions: dg.Definitions) -> None:
    """Files that stop arriving, or audiences that stop being made, must show without anybody looking for it."""
    specs = {spec.key: spec for assets in definitions.assets or [] for spec in assets.specs}
    for key in (
        ["raw_generic", "orders"],
        ["quality", "load_ledger"],
        ["audiences", "members"],
        ["audiences", "cart_abandoners"],
    ):
        assert specs[dg.AssetKey(key)].freshness_policy is not None, key


def test_everything_that_writes_shares_one_pool(definitions: dg.Definitions) -> None:
    """Two runs at a time would meet at the warehouse's lock and one would fail."""
    job = definitions.resolve_job_def("daily")
    assert {node.definition.pool for node in job.graph.nodes} == {"warehouse"}


def test_the_job_of_messages_makes_only_what_they_need(definitions: dg.Definitions, company: Settings) -> None:
    """An hourly job that exports whole lists, or rebuilds what no message needs, would be switched off."""
    made = definitions.resolve_job_def("messages").asset_layer.executable_asset_keys
    sequences = load_sequences(company, load_audiences(company))
    assert sequences
    assert {dg.AssetKey(["sequences", sequence.name]) for sequence in sequences} <= made
    assert dg.AssetKey(["audiences", "messages_due"]) in made and dg.AssetKey(["audiences", "membership_changes"]) in made
    assert not any(key.path[0] in ("activations", "unified", "raw_generic", "privacy") for key in made)
    assert made < definitions.resolve_job_def("hourly").asset_layer.executable_asset_keys
    graph = definitions.resolve_asset_graph()
    for sequence in sequences:
        assert dg.AssetKey(["audiences", "messages_due"]) in graph.get(dg.AssetKey(["sequences", sequence.name])).parent_keys


def test_deliveries_follow_their_exports_in_every_job(company: Settings) -> None:
    """Messages that are written each hour and delivered once a day would say "tomorrow" of what was yesterday."""
    delivery = Activations.model_validate({"delivery": {"default": "file:///nowhere", "brevo": None}})
    definitions = wiring.build_definitions(company.model_copy(update={"activations": delivery}))
    graph = definitions.resolve_asset_graph()
    delivered = {key: graph.get(key).parent_keys for key in graph.executable_asset_keys if key.path[0] == "deliveries"}
    assert dg.AssetKey(["activations", "meta_win_back"]) in set().union(*delivered.values())
    for key, (export,) in delivered.items():
        assert export.path[1] == key.path[1]
        for job in ("daily", "hourly", "messages"):
            made = definitions.resolve_job_def(job).asset_layer.executable_asset_keys
            assert (key in made) == (export in made), (job, key)
    to_brevo = {spec.key for one in definitions.assets or [] for spec in one.specs if spec.tags.get("destination") == "brevo"}
    assert to_brevo and not any(key.path[0] == "deliveries" for key in to_brevo)


def test_hourly_job_reads_no_files_and_ends_in_exports(definitions: dg.Definitions) -> None:
    """The hourly job must follow the clock alone: no loads, no identity, but audiences and their files."""
    keys = definitions.resolve_job_def("hourly").asset_layer.executable_asset_keys
    groups = {definitions.resolve_asset_graph().get(key).group_name for key in keys}
    assert {"control", "audiences", "activations"} <= groups
    assert not groups & {"landing", "staging", "unified", "seeds"}


def test_a_missing_project_is_told_not_thrown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`make ui` in the wrong folder must show what to do, not a traceback."""
    monkeypatch.setenv("RELANCE_CONFIG", str(tmp_path / "nowhere.yml"))
    loaded = wiring.project()
    dg.Definitions.validate_loadable(loaded)
    (spec,) = [
        spec for assets in loaded.assets or [] for spec in ([assets] if isinstance(assets, dg.AssetSpec) else assets.specs)
    ]
    assert "nowhere.yml" in (spec.description or "") and "Reload definitions" in (spec.description or "")


def test_the_project_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The web UI would otherwise show another company's project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELANCE_CONFIG", raising=False)
    assert wiring.config_path() == Path("relance.yml")
    (tmp_path / "var" / "demo").mkdir(parents=True)
    (tmp_path / "var" / "demo" / "relance.yml").touch()
    assert wiring.config_path() == Path("var/demo/relance.yml")
    monkeypatch.setenv("RELANCE_CONFIG", "/elsewhere/relance.yml")
    assert wiring.config_path() == Path("/elsewhere/relance.yml")
