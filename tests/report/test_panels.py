"""What panels make of the tables: over several runs, of few people, of every verdict."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import duckdb
import pytest

from dagster_project.report.advice_text import reason_of, said_of
from dagster_project.report.audience_panels import overlaps, trends
from dagster_project.report.data_panels import exports
from dagster_project.report.growth_panels import cohorts, stages
from dagster_project.report.language import language
from dagster_project.report.movement_panels import movement_panels
from dagster_project.report.panel import KEPT, Column, Panel, written
from dagster_project.report.partner_panels import lift
from dagster_project.report.reader import Reader
from dagster_project.report.return_panels import advice, attribution, declared, not_counted

AS_OF, DAY = datetime(2026, 6, 30, 22, 0), date(2026, 6, 30)
ENGLISH, FRENCH = (language(code, "FR", "EUR", "Europe/Paris") for code in ("en", "fr"))


def table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple]) -> None:
    con.execute(f"create schema if not exists {name.partition('.')[0]}")
    con.execute(f"create table {name} ({columns})")
    con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)


def reader(con: duckdb.DuckDBPyConnection) -> Reader:
    return Reader(con, "run2", AS_OF, DAY, AS_OF)


def audiences(con: duckdb.DuckDBPyConnection) -> None:
    kinds = [("win_back", "remarketing"), ("carts", "retargeting"), ("no_consent", "suppression")]
    table(con, "control.audiences", "audience varchar, kind varchar", kinds)
    sizes = [
        (
            name,
            AS_OF - timedelta(days=days, hours=hours),
            f"run{2 - days}" if not hours else "earlier",
            100 - 10 * days - hours,
            1,
            0,
        )
        for name, _kind in kinds
        for days in (0, 1)
        for hours in (0, 2)
    ]
    table(
        con, "audiences.sizes", 'audience varchar, as_of timestamp, run_id varchar, members int, entered int, "left" int', sizes
    )
    table(
        con, "audiences.reach", "audience varchar, channel varchar, run_id varchar, reachable int", [("carts", "ads", "run2", 7)]
    )
    pairs = [("win_back", "carts", 20, 0.2), ("carts", "win_back", 20, 0.4), ("carts", "no_consent", 9, 0.9)]
    table(con, "audiences.overlaps", "audience varchar, other_audience varchar, members_of_both int, share double", pairs)


def test_audiences_have_one_size_a_day(con: duckdb.DuckDBPyConnection) -> None:
    """Audiences that are made every hour make a chart of noise, and a page of megabytes."""
    audiences(con)
    panel = trends(reader(con), ENGLISH)
    assert [row[3] for row in panel.rows if row[0] == "carts"] == [90, 100]
    drawn = panel.charts[0]["data"]["values"]
    assert {point["label"] for point in drawn} == {"win back", "carts"} and len(drawn) == 4


def test_files_say_when_they_were_written(con: duckdb.DuckDBPyConnection) -> None:
    """A file of last week is uploaded as today's; or the moment that a run speaks of is read as the one it was written at."""
    columns = (
        "activation varchar, audience varchar, mode varchar, rows int, path varchar, as_of timestamp, written_at timestamp, "
        "run_id varchar"
    )
    rows = [
        (name, name, "full", 7, f"{name}.csv", AS_OF - timedelta(days=9), written_at, "run2")
        for name, written_at in (("a", AS_OF), ("b", AS_OF - timedelta(days=1)))
    ]
    table(con, "activation.files", columns, rows)
    panel = exports(reader(con), FRENCH)
    assert [written(row[5], panel.columns[5], FRENCH) for row in panel.rows] == [
        "lors de cette exécution",
        "30 juin 2026, 00:00",
    ]


def test_overlaps_are_told_once_by_the_smaller_one(con: duckdb.DuckDBPyConnection) -> None:
    """A table that tells every pair twice is read as twice as many."""
    audiences(con)
    panel = overlaps(reader(con), ENGLISH)
    assert list(panel.rows) == [("carts", "win_back", 20, 0.4)]
    assert len(panel.charts[0]["data"]["values"]) == 2


def test_whoever_moved_is_told_by_week_and_segment(con: duckdb.DuckDBPyConnection) -> None:
    """Customers slip for months, and the page shows today's counts alone."""
    columns = "kind varchar, profile_id varchar, moved_from varchar, moved_to varchar, direction varchar, moved_at timestamp"
    moves = [
        ("rfm_segment", "a", "champions", "at_risk", "down", AS_OF - timedelta(days=3)),
        ("rfm_segment", "b", "champions", "at_risk", "down", AS_OF - timedelta(days=4)),
        ("rfm_segment", "c", "loyal", "lost", "down", AS_OF - timedelta(days=91)),
        ("customer_tier", "a", "1", "2", "down", AS_OF - timedelta(days=3)),
    ]
    table(con, "scores.movements", columns, moves)
    sizes = [("rfm_segment", "champions", AS_OF - timedelta(days=days), 9 - days, days) for days in (0, 7)]
    table(con, "scores.sizes_over_time", 'kind varchar, value varchar, "at" timestamp, position int, people int', sizes)
    moved, weeks, held = movement_panels(reader(con), FRENCH)
    assert list(moved.rows) == [("champions", "at_risk", 2)]
    assert moved.charts[0]["data"]["values"][0]["across"] == "à risque"
    assert [(kind, rose, fell) for kind, _week, rose, fell in weeks.rows] == [("customer_tier", 0, 1)]
    assert len(held.rows) == 2


def test_months_that_are_not_over_are_no_fall(con: duckdb.DuckDBPyConnection) -> None:
    """On the second of a month every figure would have fallen by nine tenths."""
    columns = "stage varchar, metric varchar, unit varchar, period_kind varchar, period date, channel varchar, value double"
    months = [("month", date(2026, month, 1)) for month in (4, 5, 6, 7)]
    periods = [*months, ("week", date(2026, 6, 22)), ("week", date(2026, 6, 29))]
    rows = [("revenue", "basket", "currency", kind, period, "all", float(period.month)) for kind, period in periods]
    table(con, "measurement.aarrr", columns, [*rows, ("revenue", "basket", "currency", "month", date(2026, 6, 1), "email", 99.0)])
    panel = stages(reader(con), ENGLISH)
    assert list(panel.rows) == [
        ("revenue", "basket", (6.0, "currency"), (5.0, "currency"), (6.0, "currency"), (None, "currency"))
    ]
    (chart,) = panel.charts
    assert [point["value"] for point in chart["data"]["values"]] == [4.0, 5.0, 6.0] and chart["title"][
        "text"
    ] == "revenue, all channels"


def test_cohorts_begin_with_the_month_after(con: duckdb.DuckDBPyConnection) -> None:
    """Month nought is 100% by its nature, and makes all others pale."""
    columns = """cohort_month date, months_since int, customers int, active int, retention double, revenue decimal(18, 4),
        mean_retention double, is_finished boolean"""
    rows = [(date(2026, 5, 1), since, 10, 10 - 8 * since, 1 - 0.8 * since, 5, 0.2, since < 2) for since in (0, 1, 2)]
    table(con, "measurement.cohorts", columns, rows)
    panel = cohorts(reader(con), FRENCH)
    assert len(panel.rows) == 2
    assert [cell["text"] for cell in panel.charts[0]["data"]["values"]] == [["20\u00a0%"]]


def test_every_model_shares_out_the_same(con: duckdb.DuckDBPyConnection) -> None:
    """Campaigns of a channel are shown as channels, or periods are added to the whole."""
    columns = (
        "model varchar, kind varchar, is_sale boolean, period_kind varchar, channel varchar, campaign varchar, "
        "conversions double, revenue double"
    )
    shares = {"first": (60, 40), "shapley": (50, 50)}
    rows = [
        (model, kind, kind == "purchase", period, channel, campaign, 1, part / 2)
        for model, parts in shares.items()
        for channel, part in zip(("email", "unattributed"), parts, strict=True)
        for kind, period, campaign in product(("purchase", "lead"), ("all", "month"), ("a", "b"))
    ]
    table(con, "measurement.attribution", columns, rows)
    panel = attribution(reader(con), ENGLISH)
    assert [column.name for column in panel.columns] == ["channel", "first touch", "Shapley"]
    assert list(panel.rows) == [("email", 60, 50), ("unattributed", 40, 50)]


def test_answers_of_few_are_not_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    """What somebody wrote in their own words, their neighbour's name perhaps, stands in a page that goes round."""
    table(con, "control.measurement", "model varchar", [("linear",)])
    columns = (
        "model varchar, kind varchar, period_kind varchar, heard_via varchar, channel varchar, conversions double, revenue double"
    )
    answers = [("radio", "direct", 4), ("radio", "email", 2), ("my aunt Zoe", "direct", 1), ("Bob from no. 7", "direct", 2)]
    rows = [("linear", "purchase", "all", answer, channel, orders, 10 * orders) for answer, channel, orders in answers]
    table(con, "measurement.declared_sources", columns, rows)
    panel = declared(reader(con), ENGLISH)
    assert [(row[0], row[1], row[2], row[4]) for row in panel.rows] == [
        ("radio", "direct", 4, 4 / 6),
        ("radio", "email", 2, 2 / 6),
        ("…", "direct", 3, 1),
    ]


def test_what_costs_and_asks_for_action_is_advised_first(con: duckdb.DuckDBPyConnection) -> None:
    """Posters that cost 598 a quarter stand behind thirty e-mails that cost nothing, where the page ends."""
    told = {**CAMPAIGN, "channel": "display", "reason": "few_days", "revenue": 1, "roi_percent": None}
    found = [
        ("cheap", 0, "stop"),
        ("kept", 900, "hold"),
        ("young", 500, "too_early"),
        ("loses", 20, "stop"),
        ("odd", None, "mend"),
    ]
    rows = [{**told, "campaign": campaign, "costs": costs, "advice": advised} for campaign, costs, advised in found]
    columns = ", ".join(f"{name} {'varchar' if isinstance(value, str) else 'double'}" for name, value in rows[0].items())
    table(con, "measurement.campaign_advice", columns, [tuple(row.values()) for row in rows])
    assert [row[0] for row in advice(reader(con), ENGLISH).rows] == ["loses", "young", "kept", "cheap", "odd"]


def test_every_cost_that_is_not_counted_is_told(con: duckdb.DuckDBPyConnection) -> None:
    """A salary whose share was typed as 25 is in no figure, and nothing says so."""
    columns = "reason varchar, explanation varchar, is_counted boolean, told_currency varchar, told_amount decimal(18, 4)"
    rows = [
        ("share", "bad share", False, "EUR", 4000),
        ("no_rate", "no rate", False, "CHF", 10),
        ("no_rate", "no rate", False, "CHF", 5),
        ("undated", "no day", True, "EUR", 7),
        ("dates", "ends before it begins", True, "EUR", 99),
    ]
    table(con, "measurement.cost_gaps", columns, rows)
    assert list(not_counted(reader(con), ENGLISH).rows) == [
        ("no rate", 2, "CHF", 15),
        ("bad share", 1, "EUR", 4000),
        ("no day", 1, "EUR", 7),
    ]


def test_a_comparison_that_has_not_begun_is_one_sentence(con: duckdb.DuckDBPyConnection) -> None:
    """Eight audiences by the alphabet say that nobody's 28 days are over, and none says when they will be."""
    figures = ("treated", "control", "lift", "lift_low", "lift_high", "p_value", "sample_ratio_p", "target", "detectable")
    columns = (
        "audience varchar, metric varchar, unit varchar, verdict varchar, started_at timestamp, outcome_days int, "
        "days_to_target int, treated_assigned int, control_assigned int, treated_people int, control_people int, "
    ) + ", ".join(f"{name} double" for name in figures)
    begun = (AS_OF, 28, None, 90, 10)
    rows = [(name, "conversion", "share", "too_early", *begun, 0, 0, *[None] * len(figures)) for name in ("carts", "win_back")]
    table(con, "measurement.holdout_lift", columns, rows)
    panel = lift(reader(con), ENGLISH)
    assert panel.shown == 0 and "from 29 Jul 2026 on" in panel.note
    con.execute("update measurement.holdout_lift set treated_people = 9, control_people = 1 where audience = 'carts'")
    panel = lift(reader(con), ENGLISH)
    assert panel.shown == 1 and panel.rows[0][0] == "carts" and "yet: 1;" in panel.note


CAMPAIGN = {
    "costs": 100, "roi_low_percent": -10.0, "roi_high_percent": 250.0, "margin": None, "people_only_here": 1200,
    "customers_only_here": 3, "is_estimate": False, "sales": 2.5, "days": 9, "minimum_sales": 10, "minimum_days": 14,
    "clicks": 1000, "touches": 800, "leads": 4, "mature_leads": 40, "mature_leads_sold": 1, "is_over": False,
    "overlaps_with": "radio", "after_the_end": None, "fall_percent": None,
}  # fmt: skip
REASONS = (
    "loses", "wins", "uncertain", "over", "over_untold", "long_over", "nothing_paid", "no_rate",
    "few_days", "few_sales", "nothing_sold",
    "overlapping", "always_on", "no_history", "costs_without_touches", "clicks_without_visits", "traffic_without_leads",
    "leads_without_sales", "traffic_without_sales",
)  # fmt: skip


@pytest.mark.parametrize("reads", [ENGLISH, FRENCH])
def test_every_advice_has_its_own_reason(reads) -> None:
    """An advice nobody gave a reason for, or one whose figures are missing in a translation."""
    told = [
        *(reason_of({**CAMPAIGN, "reason": reason}, reads) for reason in REASONS),
        reason_of({**CAMPAIGN, "reason": "wins", "is_over": True}, reads),
        reason_of({**CAMPAIGN, "reason": "overlapping", "is_over": True}, reads),
        reason_of({**CAMPAIGN, "reason": "wins", "is_estimate": True, "after_the_end": "fell", "fall_percent": 12.0}, reads),
    ]
    assert len(set(told)) == len(told) and not any("{" in text or "–" in text for text in told)
    assert reads.percent(250.0) in told[0] and reads.count(1200) in told[0]
    together = reason_of({**CAMPAIGN, "reason": "overlapping", "overlaps_with": "radio,tv_winter"}, reads)
    assert "radio, tv_winter" in together


@pytest.mark.parametrize("reads", [ENGLISH, FRENCH])
def test_every_comparison_says_something_of_its_own(reads) -> None:
    """“Run 23 more days” is what a marketer plans by."""
    base = {"metric": "conversion", "detectable": 0.02, "days_to_target": 23, "target": 0.016, "outcome_days": 28}
    base |= {"treated_people": 900, "control_people": 100}
    verdicts = ("no_comparison", "mismatch", "hangs_on_one", "lift", "harm", "none_seen", "too_early")
    told = [said_of({**base, "verdict": verdict}, reads) for verdict in verdicts]
    told += [
        said_of({**base, "verdict": "too_early", **more}, reads)
        for more in (
            {"detectable": None}, {"days_to_target": None}, {"days_to_target": 0}, {"target": None}, {"treated_people": 0},
            {"metric": "revenue"}, {"target": 0.01},
        )
    ]  # fmt: skip
    assert len(set(told)) == len(told) and "23" in told[6] and reads.number(1.6) in told[6]


def test_the_page_carries_no_more_rows_than_it_can() -> None:
    """A company of a thousand audiences has half a million pairs of them."""
    panel = Panel("pairs", "Pairs", "", [Column("pair", "count")], [(number,) for number in range(KEPT + 10)])
    assert panel.csv().count("%0A") == 1 + KEPT
