"""The peers beside the floor, each in a process of its own; one that is not installed or needs too much memory says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench.cases import Case, Figures, figures_of
from bench.machine import free_memory
from bench.process import TooMuchMemory, measure
from bench.shop import Shop

PEERS = {"pandas": "pandas", "Polars": "polars"}
"""Name in the tables → package; its script is `bench.peers.PACKAGE_slice`."""


@dataclass
class Peer:
    """One library: what its runs cost and came to, or why there are none."""

    case: Case
    figures: Figures = field(default_factory=dict)
    failure: str = ""


def run_peers(shop: Shop, repeat: int, rows: int) -> list[Peer]:
    return [run_peer(name, shop.base, shop.before.isoformat(), shop.folder / "peers", repeat, rows) for name in PEERS]


def run_peer(
    name: str, landing: Path, as_of: str, folder: Path, repeat: int = 1, rows: int = 0, most_bytes: int | None = None
) -> Peer:
    """Run one peer `repeat` times.

    Args:
        most_bytes: resident memory above which it is stopped; by default nine tenths of what is free, before the machine swaps.
    """
    peer = Peer(Case(name, f"the same slice written in {name}", rows=rows))
    if find_spec(PEERS[name]) is None:
        peer.failure = "not installed (pip install 'relance[bench]')"
        return peer
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(repeat):
        script = ["-m", f"bench.peers.{PEERS[name]}_slice", str(landing), as_of, str(folder)]
        most = most_bytes or free_memory()
        try:
            measured = measure(script, folder, most_bytes=most)
        except TooMuchMemory as error:
            peer.case.runs.clear()
            peer.figures, peer.failure = {}, f"out of memory at {error.bytes / 2**30:.1f} GiB"
            break
        peer.case.runs.append(measured)
        peer.figures = figures_of(measured)
    return peer
