"""The figures as plain data, as tables on the terminal, and as a line of RESULTS.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.agreement import Comparison
from bench.cases import Case, Results
from bench.peers.measured import PEERS, Peer
from bench.shop import Shop

GIB = 2**30
_FIXED = ("start-up", "report")
"""Stages whose cost has nothing to do with the number of rows."""
_COLUMNS = (
    "date (UTC)", "machine", "versions", "size", "repeats", "load before", "floor", "full build", "its start-up",
    "fixed cost", "increment", "nothing new", "new hour", *PEERS,
)  # fmt: skip
_HEADING = f"""\
# Measured figures

One line per recorded `python -m bench --size SIZE --record`. Seconds are wall time of a whole process, imports included;
memory is its peak resident size. Where the load before the run was well above zero, others were using the machine and the
seconds are too high. `×` is the ratio to the floor (`bench/floor.sql`) on the same files in the same session. The fixed cost is
that of a full build of a shop with next to nothing in it: what a run takes whatever its data.

| {" | ".join(_COLUMNS)} |
|{" --- |" * len(_COLUMNS)}
"""


def as_data(
    shop: Shop, results: Results, comparisons: list[Comparison], context: dict[str, Any], peers: Sequence[Peer] = ()
) -> dict[str, Any]:
    """Everything that was measured, for JSON."""
    floor = results.floor.typical.seconds
    full = results.cases[0].typical.seconds
    return {
        **context,
        "shop": {"events": shop.events, "people": shop.people, "held_back_events": shop.held_events},
        "floor": _case(results.floor, floor, full),
        "peers": [
            {"name": peer.case.name, "failure": peer.failure} if peer.failure else _case(peer.case, floor, full) for peer in peers
        ],
        "cases": [_case(case, floor, full) for case in results.cases],
        "agreement": [
            {"figure": each.figure, "floor": each.floor, "pipeline": each.pipeline, "difference": round(each.difference, 6),
             "bound": each.bound, "agrees": each.agrees, "peers": dict(each.peers)}
            for each in comparisons
        ],
    }  # fmt: skip


def _case(case: Case, floor: float, full: float) -> dict[str, Any]:
    run = case.typical
    return {
        "name": case.name,
        "what": case.what,
        "rows": case.rows,
        "seconds": round(run.seconds, 2),
        "all_seconds": [round(each.seconds, 2) for each in case.runs],
        "cpu_seconds": round(run.cpu_seconds, 2),
        "rows_per_second": _rate(case.rows, run.seconds),
        "peak_bytes": max(each.peak_bytes for each in case.runs),
        "ratio_to_floor": round(run.seconds / floor, 2),
        "share_of_full_build": round(run.seconds / full, 4),
        "stages": [
            {"name": stage.name, "seconds": round(stage.seconds, 2),
             "cpu_seconds": None if stage.cpu_seconds is None else round(stage.cpu_seconds, 2),
             "rows_per_second": None if stage.name in _FIXED else _rate(case.rows, stage.seconds),
             "peak_bytes": stage.peak_bytes, "share": round(stage.seconds / run.seconds, 4),
             "ratio_to_floor": round(stage.seconds / floor, 2)}
            for stage in run.stages if stage.name
        ],
    }  # fmt: skip


def _rate(rows: int, seconds: float) -> int | None:
    return round(rows / seconds) if rows and seconds else None


def print_tables(data: dict[str, Any], console: Console) -> None:
    """One table with a line per case and stage, one of what floor and pipeline came to."""
    shop = data["shop"]
    table = Table(title=f"{shop['events']:,} events, {shop['people']:,} people", title_justify="left")
    table.add_column("case, stage", no_wrap=True)
    for heading in ("wall s", "cpu s", "% of run", "% of full build", "rows/s", "peak GiB", "× floor"):
        table.add_column(heading, justify="right", no_wrap=True)
    for case in [data["floor"], *data["peers"], *data["cases"]]:
        if case.get("failure"):
            table.add_row(escape(f"{case['name']}: {case['failure']}"), style="bold")
            table.add_section()
            continue
        of_full = "" if case in (data["floor"], *data["peers"]) else f"{case['share_of_full_build']:.1%}"
        table.add_row(*_cells(case, case["name"], "", of_full), style="bold")
        for stage in case["stages"]:
            table.add_row(*_cells(stage, f"  {stage['name']}", f"{stage['share']:.0%}", ""))
        table.add_section()
    console.print(table)

    agreement = Table(title="The same files, two ways", title_justify="left")
    peers = [peer["name"] for peer in data["peers"] if not peer.get("failure")]
    for heading in ("figure", *peers, "floor", "pipeline", "difference", "may differ by", ""):
        agreement.add_column(heading, justify="left" if heading == "figure" else "right", no_wrap=True)
    for each in data["agreement"]:
        agreement.add_row(
            each["figure"].replace("_", " "), *(f"{each['peers'][name]:,.0f}" for name in peers),
            f"{each['floor']:,.0f}", f"{each['pipeline']:,.0f}", f"{each['difference']:.2%}",
            f"{each['bound']:.1%}", "agrees" if each["agrees"] else "[bold red]DISAGREES[/]",
        )  # fmt: skip
    console.print(agreement)


def _cells(measured: dict[str, Any], name: str, of_run: str, of_full: str) -> list[str]:
    rate, peak = measured["rows_per_second"], measured["peak_bytes"]
    return [
        name,
        f"{measured['seconds']:,.1f}",
        "" if measured["cpu_seconds"] is None else f"{measured['cpu_seconds']:,.1f}",
        of_run,
        of_full,
        f"{rate:,}" if rate else "",
        f"{peak / GIB:.2f}" if peak else "",
        f"{measured['ratio_to_floor']:.1f}",
    ]


def record(data: dict[str, Any], path: Path) -> None:
    """Append a line to RESULTS.md; the file is begun with its heading."""
    machine = data["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    cases = {case["name"]: case for case in data["cases"]}
    peers = {peer["name"]: peer for peer in data["peers"]}
    start_up = next(stage["seconds"] for stage in data["cases"][0]["stages"] if stage["name"] == "start-up")
    cells = [
        data["date"],
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['processor']}",
        versions,
        f"{data['shop']['events']:,} events" + (f", limit {data['memory_limit']}" if data.get("memory_limit") else ""),
        str(len(data["floor"]["all_seconds"])),
        str(data["load_before"]),
        f"{data['floor']['seconds']:.1f} s, {data['floor']['peak_bytes'] / GIB:.1f} GiB",
        _told(cases["full build"], f"{cases['full build']['ratio_to_floor']:.1f} ×"),
        f"{start_up:.1f} s",
        *(
            _told(cases[name], f"{cases[name]['share_of_full_build']:.0%} of full")
            for name in ("fixed cost", "increment", "nothing new", "a new hour")
        ),
        *(_of_peer(peers.get(name)) for name in PEERS),
    ]
    heading = "" if path.exists() else _HEADING
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{heading}| {' | '.join(cells)} |\n")


def _of_peer(peer: dict[str, Any] | None) -> str:
    if peer is None:
        return "–"
    return peer.get("failure") or _told(peer, f"{peer['ratio_to_floor']:.1f} ×")


def _told(case: dict[str, Any], ratio: str) -> str:
    return f"{case['seconds']:.1f} s, {case['peak_bytes'] / GIB:.1f} GiB, {ratio}"
