"""`python -m bench.activations --members 1M`: upload files of one large audience for Google and Meta; JSON in bench/out/.

What is measured is a whole export, from the gates to the ledger, twice for each platform: with identifiers that nobody has
normalised before, and under another name once they are known. The tables that the room reads are made here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench.process import ROOT, measure
from bench.room import GIB, before, benchmark, console, new_project, write
from bench.shop import events_of

DESTINATIONS = ("google_customer_match", "meta_custom_audience")
LIMITS = {"known": 250_000, "new": 25_000}
"""What is asked for: rows a second once identifiers are known, new identifiers a second and core."""


def measure_members(project: Path, members: int) -> dict[str, Any]:
    """Export the audience to each destination, first with new identifiers and then with known ones."""
    case = ["-m", "bench.activations_case"]
    measure([*case, "prepare", str(project), str(members)], ROOT)
    exports: dict[str, dict[str, Any]] = {}
    known = 0
    for destination in DESTINATIONS:
        for name in ("new", "known"):
            measured = measure([*case, "export", str(project), destination, name], ROOT)
            told = json.loads(measured.output.splitlines()[-1])
            told["new_identifiers"], known = told["known_identifiers"] - known, told["known_identifiers"]
            exports[f"{destination}, {name} identifiers"] = {**told, "peak_bytes": measured.peak_bytes}
    rates = json.loads(measure([*case, "normalise", str(members)], ROOT).output.splitlines()[-1])
    return {"members": members, "exports": exports, "identifiers_per_second": rates}


@benchmark(memory="4GB")
@click.option("--members", default="1M", show_default=True, help="People in the audience: 1M, or any number.")
def main(members: str, memory: str, home: Path, out: Path) -> None:
    """Measure the exports of an audience of MEMBERS people."""
    wanted = events_of(members)
    project = new_project(home, f"activations-{wanted}", memory)
    data = {**before(), **measure_members(project, wanted)}
    path = write(data, out, f"activations-{wanted}")
    shown = console()
    _print(shown, data)
    shown.print(f"Load {data['load_before']} before. Also in {path}", soft_wrap=True)


def _print(console: Console, data: dict[str, Any]) -> None:
    table = Table(title=f"{data['members']:,} members")
    for column in ("work", *(f"{name.split(',')[0].split('_')[0]}, {name.split(', ')[1]}" for name in data["exports"])):
        table.add_column(column, justify="left" if column == "work" else "right")
    exports = list(data["exports"].values())
    for part in exports[0]["parts"]:
        table.add_row(f"  {part}", *(f"{each['parts'][part]:.2f}" for each in exports))
    table.add_row("seconds in all", *(f"{each['seconds']:.2f}" for each in exports))
    table.add_row("processor seconds", *(f"{each['cpu_seconds']:.2f}" for each in exports))
    made = [each["parts"]["rows"] + each["parts"]["files"] for each in exports]
    table.add_row(
        "rows to files, a second", *(f"{each['rows'] / seconds:,.0f}" for each, seconds in zip(exports, made, strict=True))
    )
    table.add_row("whole export, rows a second", *(f"{each['rows'] / each['seconds']:,.0f}" for each in exports))
    table.add_row("new identifiers", *(f"{each['new_identifiers']:,}" for each in exports))
    table.add_row(
        "… a second", *(f"{each['new_identifiers'] / max(each['parts']['new identifiers'], 0.01):,.0f}" for each in exports)
    )
    table.add_row("MB written", *(f"{each['bytes'] / 1e6:,.0f}" for each in exports))
    table.add_row("peak memory, GiB", *(f"{each['peak_bytes'] / GIB:.2f}" for each in exports))
    console.print(table)
    told = ", ".join(f"{kind} {rate:,}" for kind, rate in data["identifiers_per_second"].items())
    console.print(f"New identifiers a second on one core: {told}", soft_wrap=True)
    console.print(f"Asked for: ≥ {LIMITS['known']:,} rows a second with known identifiers, ≥ {LIMITS['new']:,} new ones.")


if __name__ == "__main__":
    main()
