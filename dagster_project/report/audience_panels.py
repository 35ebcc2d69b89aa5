"""Audiences: who can be spoken to now, how that changes, who stands in several, and what was sent."""

from __future__ import annotations

from dagster_project.report.charts import bars, grid, strips
from dagster_project.report.data_panels import exports, nothing_written
from dagster_project.report.language import Language
from dagster_project.report.last_run import LastRun
from dagster_project.report.panel import Chapter, Column, Panel
from dagster_project.report.reader import Reader, Row

AUDIENCES = """
    select sizes.audience, audiences.kind, sizes.members, sizes.entered, sizes."left",
        max(reach.reachable) filter (where channel = 'ads'), max(reach.reachable) filter (where channel = 'email')
    from audiences.sizes as sizes
    join control.audiences as audiences using (audience)
    left join audiences.reach as reach on reach.audience = sizes.audience and reach.run_id = sizes.run_id
    where sizes.run_id = $run_id group by all order by audiences.kind, sizes.audience"""
REACH = """
    select sizes.audience, reach.channel, reach.reachable, sizes.members
    from audiences.sizes as sizes
    join control.audiences as audiences using (audience)
    join audiences.reach as reach on reach.audience = sizes.audience and reach.run_id = sizes.run_id
    where sizes.run_id = $run_id and audiences.kind <> 'suppression' and sizes.members > 0
    order by sizes.members desc, sizes.audience, reach.channel"""
TRENDS = """
    with daily as (
        select sizes.audience, audiences.kind, sizes.as_of, sizes.members from audiences.sizes as sizes
        join control.audiences as audiences using (audience)
        where sizes.as_of > $as_of::timestamp - interval 26 week
        -- The last word of each day: audiences may be made every hour.
        qualify row_number() over (partition by sizes.audience, sizes.as_of::date order by sizes.as_of desc, sizes.run_id) = 1
    )
    select audience, kind, as_of, members, max(members) over (partition by audience) as most,
        count(*) over (partition by audience) as days
    from daily order by most desc, audience, as_of"""
OVERLAPS = """
    select audience, other_audience, members_of_both, share from audiences.overlaps
    order by share desc, members_of_both desc, audience, other_audience"""

DRAWN = 12
"""Audiences in one chart: more could not be told apart."""


def audience_chapter(read: Reader, _: Language, run: LastRun) -> Chapter:
    note = _("Who can be spoken to now, by which channel, how that changes, and what was written for whom.")
    panels = [sizes(read, _), reach(read, _), trends(read, _), overlaps(read, _), exports(read, _), nothing_written(_, run)]
    return Chapter("audiences", _("Audiences"), note, panels)


def sizes(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("audience")),
        Column(_("kind"), "word"),
        Column(_("members"), "count"),
        Column(_("entered"), "count"),
        Column(_("left"), "count"),
        Column(_("reachable by ads"), "count"),
        Column(_("reachable by e-mail"), "count"),
    ]
    found = _sized(read)
    title = _("Audiences")
    drawn = sorted((row for row in found if row[1] != "suppression"), key=lambda row: -row[2])[: DRAWN + 8]
    chart = bars(title, [(row[0].replace("_", " "), row[2]) for row in drawn], _("members"))
    note = _(
        "Entered and left: since the run before. The chart shows the {number} largest that are spoken to.", number=len(drawn)
    )
    return Panel("audiences", title, note, columns, found, [chart], shown=100)


def reach(read: Reader, _: Language) -> Panel:
    found = read.rows(REACH, "audiences.sizes", "audiences.reach", "control.audiences")
    rows = [(audience, channel, reachable, reachable / members) for audience, channel, reachable, members in found]
    names = list(dict.fromkeys(row[0] for row in rows))[: DRAWN + 3]
    cells = [
        (_.word(channel), audience.replace("_", " "), share, _.share(share, 0))
        for audience, channel, _people, share in rows
        if audience in names
    ]
    title = _("Reachable by channel")
    note = _(
        "Share of an audience's members with an address or number for a channel and the consent it needs; the largest audiences."
    )
    chart = grid(title, cells, _("channel"), _("audience"), (86, 24), top=1)
    columns = [
        Column(_("audience")),
        Column(_("channel"), "word"),
        Column(_("reachable"), "count"),
        Column(_("of members"), "share"),
    ]
    return Panel("reachable_by_channel", title, note, columns, rows, [chart])


def trends(read: Reader, _: Language) -> Panel:
    """Nothing until there are two days to compare."""
    found = read.rows(TRENDS, "audiences.sizes", "control.audiences")
    known = [row for row in found if row[5] > 1]
    title = _("Audiences over time")
    note = _("Members after each day's last run, last 26 weeks; drawn are the {number} largest that are spoken to.", number=DRAWN)
    spoken_to = list(dict.fromkeys(row[0] for row in known if row[1] != "suppression" and row[4] > 0))[:DRAWN]
    points = [(name.replace("_", " "), at, members) for name, _kind, at, members, *_more in known if name in spoken_to]
    columns = [Column(_("audience")), Column(_("kind"), "word"), Column(_("day"), "day"), Column(_("members"), "count")]
    charts = [strips(title, points, _("members"))]
    return Panel("audiences_over_time", title, note, columns, [row[:4] for row in known], charts, shown=20)


def overlaps(read: Reader, _: Language) -> Panel:
    """Of those who are spoken to: who stands in two of them."""
    kinds = {row[0]: row[1] for row in _sized(read)}
    spoken_to = {name for name, kind in kinds.items() if kind != "suppression"}
    found = [row for row in read.rows(OVERLAPS, "audiences.overlaps") if {row[0], row[1]} <= spoken_to and row[2]]
    rows = list({frozenset(row[:2]): row for row in reversed(found)}.values())[::-1]
    largest = [row[0] for row in sorted(_sized(read), key=lambda row: -row[2]) if row[0] in spoken_to][:DRAWN]
    cells = [
        (other.replace("_", " "), one.replace("_", " "), share, _.share(share, 0))
        for one, other, _both, share in found
        if one in largest and other in largest
    ]
    order = [name.replace("_", " ") for name in largest]
    title = _("Audiences that overlap")
    note = _(
        "Whoever stands in two may be spoken to twice. The table has the share of the smaller one; the chart, of the largest, "
        "how much of each row's audience stands in the column's too."
    )
    chart = grid(title, cells, _("stands in"), _("share of"), (44, 26), (order, order), top=1)
    columns = [
        Column(_("audience")),
        Column(_("other audience")),
        Column(_("members of both"), "count"),
        Column(_("share"), "share"),
    ]
    return Panel("overlaps", title, note, columns, rows, [chart], shown=25)


def _sized(read: Reader) -> list[Row]:
    return read.rows(AUDIENCES, "audiences.sizes", "audiences.reach", "control.audiences")
