"""How dbt's models, seeds and tests look in Dagster: key, group, owner and a description that an analyst understands."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from dagster_dbt.asset_utils import DAGSTER_DBT_UNIQUE_ID_METADATA_KEY

from dagster_project.assets.common import ROOMS, room

Manifest = Mapping[str, Any]

AUDIENCES_ARE_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))


class RoomTranslator(DagsterDbtTranslator):
    """Keys are [schema, table], groups are rooms, descriptions say what one row is."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["alias"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        kind = dbt_resource_props["resource_type"]
        if kind == "source":
            return None
        return room("seeds" if kind == "seed" else dbt_resource_props["fqn"][1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return dbt_resource_props.get("description") or _description(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        owner = _audience_meta(dbt_resource_props).get("owner")
        return [f"team:{owner}"] if owner else None

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        audience = _audience_meta(dbt_resource_props)
        vendor = {"source": dbt_resource_props["fqn"][2]} if dbt_resource_props["fqn"][1] == "staging" else {}
        return {**vendor, **({"audience_kind": audience["kind"]} if audience else {})}

    def get_asset_spec(self, manifest: Manifest, unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        if _audience_meta(props) or spec.key == dg.AssetKey(["audiences", "members"]):
            spec = spec.replace_attributes(freshness_policy=AUDIENCES_ARE_FRESH)
        return spec

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Manifest, unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """Every test is a check, also one on several models: it stands on the model furthest down the line."""
        if _home_of_test(manifest, unique_id) != asset_spec.metadata[DAGSTER_DBT_UNIQUE_ID_METADATA_KEY]:
            return None
        test = self.get_resource_props(manifest, unique_id)
        others = {self.get_asset_spec(manifest, parent, project).key for parent in test["depends_on"]["nodes"]} - {asset_spec.key}
        return dg.AssetCheckSpec(
            name=test["name"],
            asset=asset_spec.key,
            description=test.get("description") or _expectation(test),
            additional_deps=others,
            metadata={DAGSTER_DBT_UNIQUE_ID_METADATA_KEY: unique_id},
            blocking=is_blocking(test),
        )


def _home_of_test(manifest: Manifest, unique_id: str) -> str | None:
    """The model (or, failing that, the source) a test is shown on."""
    test = manifest["nodes"][unique_id]
    if test.get("attached_node"):
        return test["attached_node"]
    parents = manifest["parent_map"].get(unique_id, [])
    rooms = list(ROOMS)

    def place(parent: str) -> tuple[int, str]:
        node = manifest["nodes"].get(parent)
        return (rooms.index(node["fqn"][1]) if node and node["fqn"][1] in rooms else -1, parent)

    return max(parents, key=place, default=None)


def is_blocking(test: Mapping[str, Any]) -> bool:
    return test["config"]["severity"].lower() == "error"


def _expectation(test: Mapping[str, Any]) -> str | None:
    """What a generic test asks for, in a sentence."""
    generic = test.get("test_metadata")
    if not generic:
        return None
    arguments = generic.get("kwargs") or {}
    column = arguments.get("column_name") or test.get("column_name") or ""
    listed = {name: ", ".join(map(str, value)) for name, value in arguments.items() if isinstance(value, list)}
    if generic["name"] == "not_null":
        return f"Every row has a {column}."
    if generic["name"] == "unique":
        return f"No {column} stands twice."
    if generic["name"] == "accepted_values":
        return f"{column} is one of: {listed.get('values', '')}."
    if generic["name"] == "not_null_columns":
        return f"Every row has: {listed.get('columns', '')}."
    if generic["name"] == "unique_columns":
        return f"One row per {listed.get('columns', '').replace(', ', ' and ')}."
    if generic["name"] == "relationships":
        return f"Every {column} is known there: {arguments.get('to')}, {arguments.get('field')}."
    told = "; ".join(f"{name} {listed.get(name, value)}" for name, value in arguments.items() if name != "model")
    return f"{generic['name'].replace('_', ' ')}: {told}"


def _audience_meta(props: Mapping[str, Any]) -> Mapping[str, Any]:
    return ((props.get("config") or {}).get("meta") or {}).get("audience") or {}


def _description(props: Mapping[str, Any]) -> str:
    """What stands in a table whose YAML says nothing."""
    fqn, alias = props["fqn"], props.get("alias") or props["name"]
    if len(fqn) > 2 and fqn[1] == "staging":
        entity = alias.split("__")[-1].replace("_", " ")
        return f"Rows of {fqn[2]} as {entity}: renamed, typed and normalised."
    if len(fqn) > 1 and fqn[1] == "unified":
        return f"All {alias.removeprefix('unified_').replace('_', ' ')}, whichever vendor they came from."
    return ROOMS.get(fqn[1], "") if len(fqn) > 1 else ""
