"""Identifiers as they are compared: e-mail addresses and phone numbers, each normalised once and kept."""

import dagster as dg

from dagster_project.assets.common import KIND, RunInHand
from dagster_project.instance import POOL
from dagster_project.loads.contract import load_contracts
from dagster_project.loads.discover import feeds
from dagster_project.settings import Settings


def normalised_identifiers(settings: Settings) -> dg.AssetsDefinition:
    """The asset [identity, normalised], after every raw table that holds an e-mail address or a phone number."""
    contracts = load_contracts()
    sources = [
        dg.AssetKey([f"raw_{source}", name])
        for source, names in feeds(settings).items()
        for name in names
        if any(column.identifiers for column in contracts[source][name].columns.values())
    ]

    @dg.asset(
        key=["identity", "normalised"],
        deps=sources,
        group_name="identity",
        description="One row per e-mail address and phone number as written, with what it is compared as, or why it can't be.",
        kinds={KIND},
        pool=POOL,
        required_resource_keys={"run"},
    )
    def normalised(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from dagster_project.loads.normalise import normalise_identifiers

        run: RunInHand = context.resources.run
        run.progress.step("identifiers: normalising")
        with run.warehouse() as con:
            normalise_identifiers(con, run.settings)
            counted = con.execute("select kind, count(*), count(value) from identity.normalised group by 1 order by 1").fetchall()
        figures = {
            f"{kind}_{what}": count for kind, all_, usable in counted for what, count in (("written", all_), ("usable", usable))
        }
        total = sum(row[1] for row in counted)
        # Rows are only ever added, so their number tells whether anything is new.
        return dg.MaterializeResult(metadata={"dagster/row_count": total, **figures}, data_version=dg.DataVersion(str(total)))

    return normalised
