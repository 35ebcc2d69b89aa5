"""Data: what came in, what was refused or left out, what is late, which checks failed, what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dagster_project.loads.drift import DRIFTED
from dagster_project.report.language import Language
from dagster_project.report.last_run import LastRun
from dagster_project.report.panel import Chapter, Column, Panel
from dagster_project.report.reader import Reader, Row

ROWS_PER_SOURCE = """
    with open as (select source, entity, count(*) as n from quality.quarantine where settled_at is null group by all)
    select source, entity, count(distinct file) as files, sum(rows_read)::bigint as read, sum(rows_accepted)::bigint as accepted,
        sum(rows_duplicate)::bigint as duplicate, sum(rows_quarantined)::bigint as quarantined, coalesce(any_value(n), 0) as open
    from quality.load_ledger left join open using (source, entity) group by all order by all"""
QUARANTINE = """
    select source, entity, reason, count(*) as found from quality.quarantine where settled_at is null
    group by all order by found desc, source, entity, reason"""
LEFT_OUT = "select what, reason, count from quality.left_out order by all"
EXPORTS = """
    select files.activation, files.audience, files.mode, files.rows, files.path,
        files.written_at, files.written_at >= $since
    from activation.files as files
    qualify rank() over (partition by files.activation order by files.as_of desc, files.written_at desc, files.run_id) = 1
    order by files.activation, files.path"""
FRESHNESS = """
    with days as (
        select distinct source, entity, coalesce(landed_on, loaded_at)::date as day from quality.load_ledger
        where rows_read > 0 and withdrawn_at is null
    ),
    gaps as (
        select source, entity, day, day - lag(day) over (partition by source, entity order by day) as gap from days
    )
    select source, entity, max(day) as newest, count(*) as days, median(gap)::double as usual_gap,
        greatest($day::date - max(day), 0) as age,
        count(gap) >= 3 and $day::date - max(day) > 2 * median(gap) + 1 as is_late
    from gaps group by all order by is_late desc, source, entity"""
"""By the dates in the landing path, or by when the files were loaded where it has none. Late: more than twice the usual distance
between two days with files, and a day; of feeds that came on four days or more."""

IN_THIS_RUN = "in this run"
REASONS_SHOWN = 15
DRIFT_SHOWN = 30


def data_chapter(read: Reader, _: Language, run: LastRun) -> Chapter:
    panels = [
        checks(_, run),
        freshness(read, _),
        rows_per_source(read, _),
        quarantine(read, _),
        drift(read, _),
        left_out(read, _),
    ]
    return Chapter(
        "data", _("Data"), _("Whether the figures above can be trusted: what came in, what was refused, what is late."), panels
    )


def rows_per_source(read: Reader, _: Language) -> Panel:
    names = [_("source"), _("entity"), _("files"), _("read"), _("accepted"), _("duplicate"), _("quarantined"), _("to mend")]
    columns = [Column(name, "count" if place > 1 else "text") for place, name in enumerate(names)]
    note = _("The books of the loads: rows read are accepted, known already, refused, or kept away by an erasure.")
    return Panel("rows_per_source", _("Rows per source"), note, columns, read.rows(ROWS_PER_SOURCE, "quality.load_ledger"))


def quarantine(read: Reader, _: Language) -> Panel:
    columns = [Column(_("source")), Column(_("entity")), Column(_("reason"), "sentence"), Column(_("rows"), "count")]
    note = _("rows that can't be used; mend them with `relance replay` or a corrected file")
    return Panel("quarantine", _("Quarantine"), note, columns, _shortened(read.rows(QUARANTINE, "quality.quarantine")))


def drift(read: Reader, _: Language) -> Panel:
    found = read.rows(DRIFTED, "quality.drift", "quality.load_ledger")
    files = len({row[2] for row in found})
    note = _("columns of the newest files that are not as usual; files that drifted: {files}", files=files)
    if len(found) > DRIFT_SHOWN:
        note += _("; more lines in quality.drift: {lines}", lines=len(found) - DRIFT_SHOWN)
    columns = [Column(name) for name in (_("source"), _("entity"), _("file"), _("column"))]
    columns += [Column(_("what"), "word"), Column(_("detail"), "sentence")]
    return Panel("schema_drift", _("Schema drift"), note, columns, found[:DRIFT_SHOWN])


def left_out(read: Reader, _: Language) -> Panel:
    columns = [Column(_("what"), "word"), Column(_("why"), "word"), Column(_("how many"), "count")]
    note = _("machines, tests and the company's own: in no figure")
    return Panel("left_out", _("Left out"), note, columns, read.rows(LEFT_OUT, "quality.left_out"))


def freshness(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("source")),
        Column(_("entity")),
        Column(_("newest file"), "day"),
        Column(_("days with files"), "count"),
        Column(_("usual days between"), "number"),
        Column(_("days old"), "count"),
        Column(_("late"), "mark"),
    ]
    note = _(
        "A feed is late when its newest file is more than twice as old as the usual distance between two days with "
        "files, and a day; "
        "asked of feeds that came on four days or more."
    )
    return Panel("freshness", _("Freshness"), note, columns, read.rows(FRESHNESS, "quality.load_ledger"))


def checks(_: Language, run: LastRun) -> Panel:
    """Those that failed, one by one; of the others their number by room."""
    failed = [(check.name, _("blocking") if check.blocking else _("warning"), check.detail) for check in run.failed_checks]
    rooms = Counter(check.name.partition("/")[0] for check in run.checks if check.passed)
    held = [(room, _("passed"), f"checks: {number}") for room, number in sorted(rooms.items())]
    columns = [Column(_("check")), Column(_("how it went")), Column(_("detail"), "sentence")]
    note = _("After a blocking check that failed, nothing that builds on it was made.")
    return Panel("checks", _("Checks"), note, columns, [*failed, *held])


def exports(read: Reader, _: Language) -> Panel:
    columns = [
        Column(_("activation")),
        Column(_("audience")),
        Column(_("mode"), "word"),
        Column(_("rows"), "count"),
        Column(_("path"), "path"),
        Column(_("written"), "word"),
    ]
    found = read.rows(EXPORTS, "activation.files")
    rows = [(*row[:5], IN_THIS_RUN if is_new else _.moment(written_at)) for *row, written_at, is_new in found]
    return Panel("export_files", _("Export files"), _("the newest of each activation"), columns, rows)


def nothing_written(_: Language, run: LastRun) -> Panel:
    note = _("Activations that wrote no file in this run.")
    return Panel(
        "nothing_written", _("Nothing written"), note, [Column(_("activation")), Column(_("why"), "sentence")], run.not_written
    )


def _shortened(found: Sequence[Row]) -> list[Row]:
    """The commonest reasons, and one line that adds up the others."""
    shown, others = list(found[:REASONS_SHOWN]), found[REASONS_SHOWN:]
    if not others:
        return shown
    told = f"more reasons: {len(others)} (quality.quarantine has every row)"
    return [*shown, ("", "", told, sum(row[3] for row in others))]
