"""What is estimated of the demo shop, against what is true of it."""

from __future__ import annotations

import duckdb


def test_media_that_sold_nothing_are_not_said_to_have_sold(beside: duckdb.DuckDBPyConnection) -> None:
    """Television in truth did nothing here: an estimate of it that is sure of the contrary is a budget lost every year."""
    told = """select campaign, flight, reason, overlaps_with, verdict from w.measurement.uplift
        where metric = 'revenue' order by period, campaign"""
    assert beside.execute(told).fetchall() == [
        ("posters", 1, "always_on", None, "unknown"),
        ("tv_winter", 1, None, None, "unclear"),
        ("tv_spring", 1, None, "radio_spring", "unclear"),
        ("radio_spring", 1, None, "tv_spring", "unclear"),
    ]
    bounds = """select uplift_low < 0 and uplift_high > 0, roi_low_percent < roi_high_percent, after_the_end
        from w.measurement.uplift where metric = 'revenue' and campaign = 'tv_winter'"""
    assert beside.execute(bounds).fetchone() == (True, True, "not_proven")
    advised = "select campaign, reason from w.measurement.campaign_advice where is_estimate order by 1"
    assert dict(beside.execute(advised).fetchall()) == {
        "posters": "always_on", "radio_spring": "overlapping", "tv_spring": "overlapping", "tv_winter": "over",
    }  # fmt: skip
