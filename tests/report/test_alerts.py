"""What the page warns of, and what it stays silent about."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest

from dagster_project.report.alerts import alerts
from dagster_project.report.headline import headline
from dagster_project.report.language import language
from dagster_project.report.last_run import Check, LastRun
from dagster_project.report.people_panels import top_shares
from dagster_project.report.reader import Reader

AS_OF = datetime(2026, 6, 30, 22, 0)
DAY = date(2026, 6, 30)
ENGLISH = language("en", "GB", "EUR", "Europe/Paris")
RUN = LastRun("run1", AS_OF, 1.0, True)


def reader(con: duckdb.DuckDBPyConnection) -> Reader:
    return Reader(con, "run1", AS_OF, DAY, AS_OF)


def told(con: duckdb.DuckDBPyConnection, run: LastRun = RUN) -> list[str]:
    return [alert.title for alert in alerts(reader(con), ENGLISH, run)]


def sell(con: duckdb.DuckDBPyConnection, spent: list[float], day: date = DAY) -> None:
    """One order a customer."""
    con.execute("create schema if not exists profiles")
    con.execute(
        """create table if not exists profiles.person_orders
        (profile_id varchar, order_date date, is_revenue boolean, net_company decimal(18, 4))"""
    )
    rows = [(f"p{place}", day, True, amount) for place, amount in enumerate(spent)]
    con.executemany("insert into profiles.person_orders values (?, ?, ?, ?)", rows)


def win(con: duckdb.DuckDBPyConnection, per_day: list[int]) -> None:
    """Customers by the days since their first sale, counted backwards from today."""
    con.execute("create schema if not exists measurement")
    con.execute("create or replace table measurement.acquired_customers (acquired_on date)")
    days = [(DAY - timedelta(days=day),) for day, people in enumerate(per_day) for _person in range(people)]
    con.executemany("insert into measurement.acquired_customers values (?)", days)


def earn(con: duckdb.DuckDBPyConnection, day: date, sales: int, amount: float = 10) -> None:
    con.execute("create schema if not exists measurement")
    con.execute("create table if not exists measurement.sales (sold_on date, net_company decimal(18, 4))")
    con.executemany("insert into measurement.sales values (?, ?)", [(day, amount)] * sales)


def test_nothing_is_known_of_an_empty_warehouse(con: duckdb.DuckDBPyConnection) -> None:
    """A company's first run would end in an error in place of its report."""
    assert told(con) == []


def test_one_customer_of_a_tenth_is_told_by_number_alone(con: duckdb.DuckDBPyConnection) -> None:
    """The one customer whose leaving would close the shop is missed, or named in a page that goes round."""
    sell(con, [100] + [9] * 100)
    (alert,) = alerts(reader(con), ENGLISH, RUN)
    assert alert.is_grave and alert.told == "10% of the net revenue of 365 days; the line is 10%."
    con.execute("delete from profiles.person_orders where net_company = 100")
    assert told(con) == []


def test_few_customers_who_bring_most_are_told(con: duckdb.DuckDBPyConnection) -> None:
    """Four fifths of revenue from a fifth of the customers is where dependence begins; below it there is nothing to tell."""
    sell(con, [401] * 200 + [25] * 800)
    assert told(con) == ["Revenue hangs on few customers"]
    con.execute("update profiles.person_orders set net_company = 399 where net_company > 100")
    assert told(con) == []


def test_shares_of_the_greatest_customers_are_exact(con: duckdb.DuckDBPyConnection) -> None:
    """A share of ten people's revenue is rounded to nobody's, or refunds make shares of more than all."""
    sell(con, [50, 30, 10, 5, 5, -20])
    sell(con, [1000], DAY - timedelta(days=365))
    shares = [(float(share), people, round(part, 4)) for share, people, part in top_shares(reader(con))]
    assert shares == [(0, 1, 0.5), (0.01, 1, 0.5), (0.05, 1, 0.5), (0.1, 1, 0.5), (0.2, 1, 0.5), (0.5, 3, 0.9), (1, 5, 1)]


@pytest.mark.parametrize(
    ("lately", "before", "is_told"),
    [
        (6, 10, True),  # 180 for 300 a month
        (9, 10, False),  # a tenth less
        (0, 1, True),
        (10, 5, False),
    ],
)
def test_fewer_new_customers_are_told(con: duckdb.DuckDBPyConnection, lately: int, before: int, is_told: bool) -> None:
    """Growth stops and nobody sees it for a quarter; or every quiet month cries wolf."""
    win(con, [lately] * 30 + [before] * 120)
    assert ("Fewer new customers than before" in told(con)) == is_told


def test_few_customers_who_vary_by_chance_are_no_fall(con: duckdb.DuckDBPyConnection) -> None:
    """A shop with four new customers a month reads of a fall whenever it has three."""
    win(con, [1, *[0] * 14, 1, *[0] * 14, *([1, *[0] * 9] * 12)])
    assert told(con) == []


def test_a_young_company_has_no_before(con: duckdb.DuckDBPyConnection) -> None:
    """Two months after its opening nothing can be held against a mean of four."""
    win(con, [1] * 30 + [10] * 60)
    assert told(con) == []


def test_less_revenue_is_told(con: duckdb.DuckDBPyConnection) -> None:
    """A fall in revenue hides behind a total that only grows."""
    for days in range(130):
        earn(con, DAY - timedelta(days=days), 5 if days >= 30 else 3)
    assert "Less revenue than before" in told(con)


def test_the_headline_counts_what_the_tables_count(con: duckdb.DuckDBPyConnection) -> None:
    """The first line of the page says 89 new customers, and the costs of winning one are of 86: neither is believed any more."""
    win(con, [2, *[0] * 28, 1, 1, *[0] * 28, 1, 8])
    for days, sales in ((0, 1), (29, 2), (30, 1), (59, 1), (60, 8)):
        earn(con, DAY - timedelta(days=days), sales)
    earn(con, DAY + timedelta(days=1), 8)
    tiles = {tile.name: (tile.figure, tile.note) for tile in headline(reader(con), ENGLISH, RUN)}
    assert tiles == {
        "Net revenue, 30 days": ("€30", "+50% on the 30 days before"),
        "Sales, 30 days": ("3", "+50% on the 30 days before"),
        "New customers, 30 days": ("3", "+50% on the 30 days before"),
    }


def test_a_feed_that_stays_away_is_told(con: duckdb.DuckDBPyConnection) -> None:
    """A daily export broke a week ago: every figure looks complete, and is a week old."""
    con.execute("create schema quality")
    con.execute(
        """create table quality.load_ledger (source varchar, entity varchar, file varchar, rows_read bigint, rows_accepted bigint,
        rows_duplicate bigint, rows_quarantined bigint, landed_on timestamp, loaded_at timestamp, withdrawn_at timestamp)"""
    )
    con.execute("create table quality.quarantine (source varchar, entity varchar, reason varchar, settled_at timestamp)")
    for entity, last in {"orders": 7, "leads": 1}.items():
        for days in range(last, last + 10):
            row = ["generic", entity, f"{entity}{days}.csv", 10, 10, 0, 0, DAY - timedelta(days=days)]
            con.execute("insert into quality.load_ledger values (?, ?, ?, ?, ?, ?, ?, ?, now(), null)", row)
    assert told(con) == ["generic.orders is late"]
    con.execute("insert into quality.quarantine select 'generic', 'leads', 'no date', null from range(2)")
    assert told(con) == ["generic.orders is late", "Rows of generic.leads wait in quarantine"]


def test_costs_that_bring_less_are_told(con: duckdb.DuckDBPyConnection) -> None:
    """A channel loses money for months under a good total; what costs next to nothing is no news."""
    con.execute("create schema measurement")
    con.execute(
        """create table measurement.channel_roi as select * from (values
            ('all', 'paid_social', -40.0, 12.5, 900.0), ('all', 'shopping', -30.0, null, 900.0),
            ('all', 'email', 300.0, 400.0, 1000.0), ('all', 'display', -90.0, -80.0, 20.0), ('month', 'email', -50.0, 1.0, 100.0)
        ) as found (period_kind, channel, roi_percent, long_term_roi_percent, costs)"""
    )
    con.execute(
        """create table measurement.ltv_cac as
        select 'all' as period_kind, 'all' as channel, 1.5 as ltv_to_cac, false as is_healthy, 3 as line"""
    )
    social, shopping, worth = alerts(reader(con), ENGLISH, RUN)
    assert (social.title, worth.title) == (
        "Costs exceed what they bring: paid social",
        "Customers cost too much for what they are worth",
    )
    assert social.told.endswith("in the next twelve months: 12.5%.") and shopping.told.endswith("below break-even (0%).")


def test_failed_checks_come_first(con: duckdb.DuckDBPyConnection) -> None:
    """A blocking check that failed stands below a dozen remarks."""
    sell(con, [401] * 200 + [25] * 800)
    checks = [Check("late", False, False, "9 days"), Check("books", False, True, "3 rows"), Check("held", True, True)]
    assert told(con, LastRun("run1", AS_OF, 1.0, False, checks)) == [
        "A blocking check failed: books",
        "Check failed: late",
        "Revenue hangs on few customers",
    ]
