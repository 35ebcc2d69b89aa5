"""Markov attribution: what would be lost if a channel were not there.

Journeys are walks over channels that begin at START and end at CONVERSION or NULL. The removal effect of a channel is the share
of the conversions that are lost when whoever would step into it is lost instead (E. Anderl, I. Becker, F. von Wangenheim, J. H.
Schumann, "Mapping the customer journey: Lessons learned from graph-based online attribution modeling", International Journal of
Research in Marketing 33, 2016). Credit is in proportion to the effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import duckdb
import numpy as np
import pyarrow as pa

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
ENDS = (CONVERSION, NULL)
Steps = Mapping[tuple[str, str], int]
"""How many journeys stepped from one state to another."""

REMOVALS = pa.schema(
    [
        ("kind", pa.string()),
        ("period_kind", pa.string()),
        ("period", pa.date32()),
        ("channel", pa.string()),
        ("removal_effect", pa.float64()),
        ("weight", pa.decimal128(20, 12)),
    ]
)


def removal_effects(steps: Steps) -> dict[str, float]:
    """The removal effect of each channel, between 0 and 1; all 0 where nothing converts.

    Args:
        steps: (from, to) → journeys. From START and channels, to channels and ENDS.
    """
    channels = sorted({state for step in steps for state in step} - {START, *ENDS})
    place = {channel: number for number, channel in enumerate(channels)}
    among = np.zeros((len(channels) + 1, len(channels)))
    converts = np.zeros(len(channels) + 1)
    leaving = np.zeros(len(channels) + 1)
    for (left, right), journeys in steps.items():
        row = place.get(left, len(channels))
        leaving[row] += journeys
        if right in place:
            among[row, place[right]] += journeys
        elif right == CONVERSION:
            converts[row] += journeys
    leaving[leaving == 0] = 1
    among, converts = among / leaving[:, None], converts / leaving
    everyone = list(range(len(channels)))
    whole = _conversion_rate(among, converts, everyone)
    if whole <= 0:
        return dict.fromkeys(channels, 0.0)
    return {
        channel: max(0.0, 1 - _conversion_rate(among, converts, [other for other in everyone if other != number]) / whole)
        for number, channel in enumerate(channels)
    }


def _conversion_rate(among: np.ndarray, converts: np.ndarray, kept: list[int]) -> float:
    """The probability of reaching CONVERSION from START (the last row), where only these channels may be stepped into."""
    reached = np.linalg.solve(np.eye(len(kept)) - among[np.ix_(kept, kept)], converts[kept]) if kept else np.zeros(0)
    return float(converts[-1] + among[-1, kept] @ reached)


def removal_table(transitions: duckdb.DuckDBPyRelation) -> pa.Table:
    """The removal effects of every kind of conversion and period.

    Args:
        transitions: measurement.channel_transitions: kind, period_kind, period, from_state, to_state, journeys.

    Returns:
        A table of REMOVALS. `weight` is the effect to 12 digits, by which credit is shared out.
    """
    columns = "kind, period_kind, period, from_state, to_state, journeys"
    rows = transitions.project(columns).order(columns).fetchall()
    told = []
    for (kind, period_kind, period), steps in groupby(rows, key=lambda row: row[:3]):
        effects = removal_effects({(left, right): journeys for *_, left, right, journeys in steps})
        told += [
            {"kind": kind, "period_kind": period_kind, "period": period, "channel": channel, "removal_effect": round(effect, 12)}
            for channel, effect in effects.items()
        ]
    table = pa.Table.from_pylist(told, schema=pa.schema([field for field in REMOVALS if field.name != "weight"]))
    return table.append_column("weight", table["removal_effect"].cast(pa.decimal128(20, 12))).cast(REMOVALS)
