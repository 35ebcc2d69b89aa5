"""The floor's peers on a tiny shop: that they do the floor's work, and that one without room ends in words."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bench.agreement import compare
from bench.cases import run_floor
from bench.peers import measured
from bench.peers.measured import PEERS, run_peer
from bench.shop import Shop


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return sorted(csv.reader(file))


def test_peers_come_to_the_floors_figures_and_file(shop: Shop, tmp_path: Path) -> None:
    """A peer that does less work, or other work, would mislead whoever chooses by its time."""
    _, floor = run_floor(shop.base, shop.before, tmp_path)
    exported = _rows(tmp_path / "floor_export.csv")
    assert len(exported) > 2
    for name, package in PEERS.items():
        peer = run_peer(name, shop.base, shop.before.isoformat(), tmp_path)
        assert peer.figures == pytest.approx(floor, rel=1e-6), name
        assert _rows(tmp_path / f"{package}_export.csv") == exported, name


def test_a_peer_without_room_says_so(shop: Shop, tmp_path: Path) -> None:
    """A benchmark that swaps or breaks off at the size where a library gives up would not tell what it was asked."""
    peer = run_peer("pandas", shop.base, shop.before.isoformat(), tmp_path, most_bytes=30_000_000)
    assert peer.failure.startswith("out of memory at 0.") and not peer.case.runs


def test_a_peer_that_is_not_installed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polars is an extra: without it the others are measured all the same."""
    monkeypatch.setattr(measured, "find_spec", lambda package: None)
    assert "not installed" in run_peer("Polars", tmp_path, "", tmp_path).failure


def test_a_peer_that_disagrees_is_seen() -> None:
    """The ratio to a library that computes something else must not pass as a result."""
    same = {"people": 1000.0, "customers": 300.0, "net_revenue": 5000.0, "cart_abandoners": 40.0}
    told = compare(same, same, {"pandas": same, "Polars": same | {"customers": 310.0}})
    assert [each.figure for each in told if not each.agrees] == ["customers"]
