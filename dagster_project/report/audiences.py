"""The audiences of the newest run as a table."""

from __future__ import annotations

from rich.table import Table

from dagster_project.audiences import load_audiences
from dagster_project.published import open_published
from dagster_project.report.text import written
from dagster_project.settings import Settings

LATEST = """
    select sizes.audience, sizes.members, sizes.entered, sizes."left", sizes.as_of, reach.channels
    from audiences.sizes as sizes
    left join (
        select audience, run_id, map(list(channel order by channel), list(reachable order by channel)) as channels
        from audiences.reach group by all
    ) as reach using (audience, run_id)
    cross join control.run as run
    -- An edited audience is built anew as of the same moment: its last word counts.
    qualify row_number() over (
        partition by sizes.audience order by sizes.as_of desc, sizes.run_id = run.run_id desc, sizes.run_id
    ) = 1"""


def audience_table(settings: Settings) -> Table:
    """Every audience of the project: kind, size now, change since the last run, share reachable by its channels.

    Raises:
        RelanceError: there is no warehouse yet, or a run holds it.
    """
    audiences = load_audiences(settings)
    with open_published(settings) as con:
        sized = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'audiences' and table_name = 'sizes'"
        ).fetchone()
        latest = {row[0]: row[1:] for row in con.execute(LATEST).fetchall()} if sized and sized[0] else {}
    table = Table("audience", "kind", "members", "entered", "left", "reachable", "as of", "what for")
    for column in (2, 3, 4):
        table.columns[column].justify = "right"
    for audience in sorted(audiences, key=lambda one: (one.spec.kind, one.name)):
        members, entered, departed, as_of, channels = latest.get(audience.name, (None,) * 5)
        wanted = [(channel, (channels or {}).get(channel, 0)) for channel in audience.spec.channels] if members else []
        reach = ", ".join(f"{channel} {found / members:.0%}" for channel, found in wanted)
        moment = f"{as_of:%Y-%m-%d %H:%M}" if as_of else "never run"
        counts = (written(members), written(entered), written(departed))
        table.add_row(audience.name, audience.spec.kind, *counts, reach, moment, audience.description.strip())
    return table
