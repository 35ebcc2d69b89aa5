"""What the loads work out once for SQL to look up: identifiers as they are compared, machines' user agents, IP addresses."""

from collections.abc import Iterator

import dagster as dg
import duckdb

from dagster_project.assets.common import KIND, RunInHand
from dagster_project.instance import POOL
from dagster_project.loads.contract import load_contracts
from dagster_project.loads.discover import feeds
from dagster_project.settings import Settings

_TABLES = {
    "normalised": "One row per e-mail address and phone number as written, with what it is compared as, or why it can't be.",
    "user_agents": "One row per user agent, whether it is a machine's and which part of it says so.",
    "ip_addresses": "One row per IP address as written, as text that sorts as its number, and whether it is the company's own.",
    "networks": "One row per range of addresses that a network stands for.",
}


def normalised_identifiers(settings: Settings) -> dg.AssetsDefinition:
    """The assets [identity, normalised] and its like, after every raw table that holds a value they work out."""
    contracts = load_contracts()
    sources = [
        dg.AssetKey([f"raw_{source}", name])
        for source, names in feeds(settings).items()
        for name in names
        if contracts[source][name].worked_out
    ]
    specs = [
        dg.AssetSpec(["identity", table], deps=sources, group_name="identity", description=told, kinds={KIND}, skippable=True)
        for table, told in _TABLES.items()
    ]

    @dg.multi_asset(name="identifiers", specs=specs, can_subset=True, pool=POOL, required_resource_keys={"run"})
    def identifiers(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        from dagster_project.loads.normalise import normalise_identifiers

        run: RunInHand = context.resources.run
        run.progress.step("identifiers: normalising")
        with run.warehouse() as con:
            normalise_identifiers(con, run.settings)
            figures = {
                "normalised": {"unusable": _count(con, "normalised where value is null")},
                "user_agents": {"machines": _count(con, "user_agents where is_bot")},
                "ip_addresses": {"own": _count(con, "ip_addresses where is_internal")},
                "networks": {"unusable": _count(con, "networks where reason is not null")},
            }
            rows = {table: _count(con, table) for table in _TABLES}
        for key in sorted(context.selected_asset_keys):
            table = key.path[-1]
            told = {"dagster/row_count": rows[table], **figures[table]}
            # Rows are only ever added, so their number and the verdicts tell whether anything is new.
            yield dg.MaterializeResult(asset_key=key, metadata=told, data_version=dg.DataVersion(str(sorted(told.items()))))

    return identifiers


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    (count,) = con.execute(f"select count(*) from identity.{table}").fetchone() or (0,)
    return count
