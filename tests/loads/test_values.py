"""Known answers: times, numbers and truth values as files write them, and relance.yml's mappings."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.loads.casts import cast_to, literal
from dagster_project.loads.discover import landed_on

from .landing import Project, parquet_bytes


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection


def read(con: duckdb.DuckDBPyConnection, kind: str, text: str, zone: str = "UTC") -> object:
    return con.execute(f"select {cast_to(kind, 'x', 'VARCHAR', zone)} from (select {literal(text)} as x)").fetchone()[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10)),
        ("2026-01-31T10:00:00.123456Z", datetime(2026, 1, 31, 10, 0, 0, 123456)),
        ("2026-01-31 10:00", datetime(2026, 1, 31, 10)),
        ("2026-01-31T10:00:00+02:00", datetime(2026, 1, 31, 8)),
        ("2026-01-31 10:00:00 -0330", datetime(2026, 1, 31, 13, 30)),
        ("2026-01-31 10:00:00 UTC", datetime(2026, 1, 31, 10)),
        ("2026-01-31", datetime(2026, 1, 31)),
        ("20260131", datetime(2026, 1, 31)),
        ("1714590000", datetime(2024, 5, 1, 19)),
        ("1714590000000", datetime(2024, 5, 1, 19)),
        ("1714590000000000", datetime(2024, 5, 1, 19)),
        ("1714590000.5", datetime(2024, 5, 1, 19, 0, 0, 500000)),
        *[
            (text, None)
            for text in ("31/01/2026", "2026-02-30", "infinity", "epoch", "soon", "99999-01-01", "2026-01-31 (BC)", "1e99", "nan")
        ],
    ],
)
def test_timestamps(con: duckdb.DuckDBPyConnection, text: str, expected: datetime | None) -> None:
    """DuckDB's own cast reads past an offset and takes `infinity` for a time."""
    assert read(con, "timestamp", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-15 12:00", datetime(2026, 1, 15, 11)),
        ("2026-07-15 12:00", datetime(2026, 7, 15, 10)),
        ("2026-03-29 01:59:59", datetime(2026, 3, 29, 0, 59, 59)),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30)),  # skipped: as if the clock had not been put forward yet
        ("2026-03-29 03:00", datetime(2026, 3, 29, 1)),
        ("2026-10-25 01:59", datetime(2026, 10, 24, 23, 59)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 1, 30)),  # twice: the later one
        ("2026-10-25 03:00", datetime(2026, 10, 25, 2)),
        ("2026-07-15T12:00:00Z", datetime(2026, 7, 15, 12)),
        ("2026-07-15T12:00:00-05:00", datetime(2026, 7, 15, 17)),
        ("1714590000", datetime(2024, 5, 1, 19)),
    ],
)
def test_local_times(con: duckdb.DuckDBPyConnection, text: str, expected: datetime) -> None:
    """Times of a source in local time would be off by one or two hours, and differently so in summer."""
    assert read(con, "timestamp", text, "Europe/Paris") == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("date", "20260131", date(2026, 1, 31)),
        ("date", "2026-01-31T23:30:00-05:00", date(2026, 1, 31)),
        ("date", "1714606200", date(2024, 5, 2)),  # 23:30 UTC is the next day in Paris
        ("date", "2026-01-31x", None),
        ("date", "2026-01-31 (BC)", None),
        ("date", "2026-01-31 10:00:00 UTC", date(2026, 1, 31)),
        ("decimal", "12.345678", Decimal("12.3457")),
        ("decimal", " -1e3 ", Decimal(-1000)),
        ("decimal", "1,5", None),
        ("decimal", "1_000", None),
        ("decimal", "nan", None),
        ("decimal", "1e30", None),
        ("rate", "0.000036123456", Decimal("0.000036123456")),
        ("integer", "3.0", 3),
        ("integer", "3.5", None),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", "maybe", None),
        ("json", '{"a": [1]}', '{"a": [1]}'),
        ("json", "{'a': 1}", None),
    ],
)
def test_other_types(con: duckdb.DuckDBPyConnection, kind: str, text: str, expected: object) -> None:
    """A number rounded, a wrong date or broken JSON would pass for a good value."""
    assert read(con, kind, text, "Europe/Paris") == expected


def test_parquet_types(project: Project) -> None:
    """Parquet brings types of its own: floats for ids, epochs, local times, structs."""
    table = pa.table(
        {
            "event_date": [20260131],
            "event_timestamp": [1769853600000000],
            "event_name": ["purchase"],
            "user_pseudo_id": [3956592627.102561],
            "user_id": pa.array([12.0], pa.float64()),
            "event_bundle_sequence_id": [7],
            "event_params": [[{"key": "a", "value": {"string_value": "b"}}]],
            "user_first_touch_timestamp": pa.array([datetime(2026, 1, 31, 10)], pa.timestamp("ns")),
            "event_value_in_usd": [float("nan")],
        }
    )
    path = project.landing / "ga4/events/e.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    project.load()
    ((day, at, user, pseudo, params, first, usd),) = project.rows(
        """select event_date, event_timestamp, user_id, user_pseudo_id, event_params, user_first_touch_timestamp,
            event_value_in_usd
        from raw_ga4.events"""
    )
    assert (day, at, user, pseudo, usd) == (date(2026, 1, 31), datetime(2026, 1, 31, 10), "12", "3956592627.102561", None)
    assert json.loads(params) == [{"key": "a", "value": {"string_value": "b"}}] and first == datetime(2026, 1, 31, 10)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_rates_above_zero(project: Project, ending: str) -> None:
    """A rate of nought would make every amount nothing, one below it turn income into cost; both would look like figures."""
    rates = ["1.1", "0", "-0.5", "0.000000000001", "0.00000000000001"]
    rows = [{"date": "2026-01-31", "from_currency": f"X{i}", "to_currency": "EUR", "rate": rate} for i, rate in enumerate(rates)]
    content: str | bytes = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    if ending == "ndjson":
        content = "\n".join(json.dumps(row | {"rate": float(row["rate"])}) for row in rows)
    elif ending == "parquet":
        content = parquet_bytes(pa.Table.from_pylist([row | {"rate": float(row["rate"])} for row in rows]))
    project.write(f"generic/exchange_rates/a.{ending}", content)
    project.load()
    assert project.rows("select from_currency from raw_generic.exchange_rates order by 1") == [("X0",), ("X3",)]
    assert {row[2] for row in project.quarantine()} == {"`rate` is not above zero"}


def test_words_whose_case_means_nothing(project: Project) -> None:
    """EUR and eur are one currency: kept as two, a corrected rate would stand beside the wrong one."""
    head = "date,from_currency,to_currency,rate\n"
    project.write("generic/exchange_rates/2026-02-01.csv", head + "2026-01-31,USD,EUR,0.9\n")
    project.write("generic/exchange_rates/2026-02-02.csv", head + "2026-01-31,usd, Eur,0.8\n")
    project.write("generic/promo_codes/a.csv", "code,channel\nWelcome,email\nWELCOME,sms\n")
    project.write("generic/ad_spend/a.csv", "date,platform,campaign_id,spend\n2026-01-31,TikTok,a,1\n2026-01-31,tiktok,A,1\n")
    project.write(
        "generic/consents/a.csv",
        "identifier_type,identifier,purpose,status,occurred_at\n"
        "Email,a@example.com,ads,Granted,2026-01-31\nemail,a@example.com,Ads,granted,2026-01-31\n",
    )
    project.load()
    assert project.rows("select count(*), count(distinct _key) from raw_generic.exchange_rates") == [(2, 1)]
    assert project.rows("select to_currency from raw_generic.exchange_rates order by 1") == [(" Eur",), ("EUR",)]
    assert project.rows("select count(distinct _key) from raw_generic.promo_codes") == [(1,)]
    assert project.rows("select count(distinct _key) from raw_generic.ad_spend") == [(2,)], "ids are told apart by case"
    assert project.ledger("generic/consents/a.csv") == (2, 1, 1, 0)


OWN_NAMES = ["_line", "_file", "_key", "_hash", "_extra", "_record", "_fileno", "j", "v", "l", "f", "filename", "file_row_number",
             "path", "fileno", "landed_on", "rowid", "_batch", "c0", "file_index", "_reason", "r_total", "t_total"]  # fmt: skip


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet", "exact.parquet"])
@pytest.mark.parametrize("configured", ["", "sources: {generic: {products: {columns: {sku: _line}}}}"])
def test_columns_named_as_the_loads_own(project: Project, ending: str, configured: str) -> None:
    """A column that bears a name the loads use themselves would be lost, or be taken for theirs."""
    project.configure(configured)
    # The names of DuckDB's own columns send a Parquet file down the exact path.
    names = [name for name in OWN_NAMES if ending != "parquet" or not name.startswith("file")]
    rows = [{"product_id": f"p{i}"} | {name: f"{name}:{i}" for name in names} for i in (1, 2)]
    content: str | bytes = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    if ending == "ndjson":
        content = "\n".join(json.dumps(row) for row in rows)
    elif "parquet" in ending:
        content = parquet_bytes(pa.Table.from_pylist(rows))
    project.write(f"generic/products/a.{ending}", content)
    project.load()
    assert (project.note(f"generic/products/a.{ending}") is None) == (ending != "exact.parquet")
    held = project.rows("select product_id, sku, _extra from raw_generic.products order by _line")
    assert [(row["product_id"], str(i) if configured else None) for i, row in enumerate(rows, 1)] == [row[:2] for row in held]
    assert [json.loads(row[2]) | {"product_id": row[0]} for row in held] == rows


def test_numbers_that_no_double_holds(project: Project) -> None:
    """DuckDB reads a Parquet number of more than 38 digits as a double, which loses the cents of a large amount."""
    table = pa.table(
        {
            "order_id": ["a"],
            "ordered_at": ["2026-01-31"],
            "total": pa.array([Decimal("12345678901234.5678")], pa.decimal256(50, 4)),
        }
    )
    project.write("generic/orders/a.parquet", parquet_bytes(table))
    project.load()
    assert project.value("select total from raw_generic.orders") == Decimal("12345678901234.5678")
    assert "38 digits" in (project.note("generic/orders/a.parquet") or "")


def test_events_apart_only_by_their_parameters(project: Project) -> None:
    """GA4 has no event id: two clicks of one bundle in one microsecond are two events, the same one twice is one."""
    base = {"event_timestamp": 1769853600000000, "event_name": "click", "user_pseudo_id": "u", "event_bundle_sequence_id": 1}
    rows = [base | {"event_params": [{"key": "n", "value": {"int_value": n}}]} for n in (1, 2, 1)]
    project.write("ga4/events/e.ndjson", "\n".join(json.dumps(row) for row in rows))
    project.load()
    assert project.ledger("ga4/events/e.ndjson") == (3, 2, 1, 0)


def test_mapping(project: Project) -> None:
    """Another system's table becomes canonical by relance.yml alone."""
    project.configure(
        """sources:
  generic:
    timezone: Europe/Paris
    events:
      files: app/*.csv
      columns:
        {message_id: _line, user_id: customer, timestamp: at, event: what,
         properties.order_id: id, properties.total: value, context.page.url: link}
      constants: {type: track, properties.currency: EUR}
      values: {event: {buy: Order Completed}, properties.total: {"0.0": "0"}}
    ad_spend:
      files: ads.csv
      columns: {date: day, spend: cost, campaign_id: id}
      constants: {platform: tiktok}
      key: [row_id]
"""
    )
    project.write(
        "app/e.csv",
        "id,customer,at,what,value,link,shop\n1,c1,2026-07-01 12:00,buy,9.5,https://x,Lyon\n2,c2,2026-07-01 12:00,look,0.0,,\n",
    )
    project.write("ads.csv", "row_id,day,cost,id\n1,2026-01-31,1.5,c\n2,2026-01-31,1.5,c\n")
    project.load()
    first, second = project.rows(
        "select message_id, type, event, user_id, timestamp, properties, context, _extra from raw_generic.events order by 1"
    )
    assert first[:5] == ("1", "track", "Order Completed", "c1", datetime(2026, 7, 1, 10))
    assert json.loads(first[5]) == {"order_id": "1", "total": "9.5", "currency": "EUR"} and json.loads(first[6]) == {
        "page": {"url": "https://x"}
    }
    assert json.loads(first[7]) == {"shop": "Lyon"}
    assert (second[2], json.loads(second[5])["total"], second[7]) == ("look", "0", None)
    assert project.rows("select platform, _key from raw_generic.ad_spend order by 2") == [("tiktok", "1"), ("tiktok", "2")]


def test_trait_by_the_name_of_a_column_of_the_file(project: Project) -> None:
    """A JSON key twice holds whichever value its reader likes; and that a column is left out must be told."""
    project.configure("sources: {generic: {surveys: {columns: {wave: vague}, constants: {shop: Lyon}}}}")
    row = {"response_id": "R1", "score": "5", "answered_at": "2026-01-01", "wave": "own", "vague": "mapped", "room": "blue"}
    project.write("generic/surveys/a.csv", "\n".join([",".join(row), ",".join(row.values()), ""]))
    project.write("generic/surveys/b.ndjson", json.dumps(row | {"response_id": "R2"}) + "\n")
    project.write(
        "generic/surveys/c.parquet", parquet_bytes(pa.table({k: [v] for k, v in (row | {"response_id": "R3"}).items()}))
    )
    warnings = project.load().warnings
    for file in ("a.csv", "b.ndjson", "c.parquet"):
        assert any(file in line and "own `wave` is not kept" in line for line in warnings), warnings
    for (extra,) in project.rows("select _extra from raw_generic.surveys"):
        pairs = json.loads(extra, object_pairs_hook=list)
        assert sorted(pairs) == [("room", "blue"), ("shop", "Lyon"), ("wave", "mapped")]


def test_constants_and_translations_without_quotes(project: Project) -> None:
    """Nobody quotes a date or a number in YAML; each was four mistakes, or one without a cause."""
    project.configure(
        "sources: {generic: {surveys: {constants: {answered_at: 2026-01-31, n: 5}, values: {score: {good: 10, 7: 8}}}}}"
    )
    project.write("generic/surveys/a.csv", "response_id,score\nR1,good\nR2,7\n")
    project.load()
    rows = project.rows("select score, answered_at, _extra from raw_generic.surveys order by response_id")
    assert rows == [(Decimal(score), datetime(2026, 1, 31), '{"n":"5"}') for score in (10, 8)]


def test_files_for_two_entities(project: Project) -> None:
    """A pattern that was copied with its entity loads every row twice, as two things."""
    project.configure("sources: {generic: {surveys: {files: x/*.csv}, reviews: {files: x/*.csv}, calls: {files: y.csv}}}")
    project.write("x/a.csv", "response_id,score,answered_at\nR1,5,2026-01-01\n")
    told = [line for line in project.load().warnings if "`files: x/*.csv` stands under" in line]
    assert len(told) == 1 and "generic.surveys" in told[0] and "generic.reviews" in told[0]


def test_mapping_to_a_column_the_file_lacks(project: Project) -> None:
    """A slip in a mapping must be told: the column would be empty for ever."""
    project.configure("sources: {generic: {products: {files: p.csv, columns: {title: naem}}}}")
    project.write("p.csv", "product_id,name\n1,x\n")
    assert any("`naem`" in warning and "p.csv" in warning for warning in project.load().warnings)


def test_segment_in_every_spelling(project: Project) -> None:
    """SDKs write camelCase, warehouses snake_case; both are the same event, and unknown keys stay.

    `id` is another name of messageId; where a file has both, it stays beside it.
    """
    camel = {
        "messageId": "1",
        "type": "identify",
        "anonymousId": "a",
        "originalTimestamp": "2026-01-31T10:00:00Z",
        "traits": {"email": "x@example.com"},
    }
    warehouse = {
        "id": "2",
        "event": "product_viewed",
        "event_text": "Product Viewed",
        "user_id": "u",
        "received_at": "2026-01-31 10:00:00",
        "color": 1,
    }
    timeless = {"messageId": "3", "type": "page"}
    nameless = {"messageId": "4", "type": "track", "timestamp": "2026-01-31"}
    project.write("segment/events/e.ndjson", "\n".join(json.dumps(row) for row in (camel, warehouse, timeless, nameless)))
    project.load()
    rows = project.rows(
        """select message_id, anonymous_id, user_id, original_timestamp, received_at, event_text, _extra
        from raw_segment.events order by 1"""
    )
    assert rows == [
        ("1", "a", None, datetime(2026, 1, 31, 10), None, None, None),
        ("2", None, "u", None, datetime(2026, 1, 31, 10), "Product Viewed", '{"id":"2","color":1}'),
    ]
    assert [row[2] for row in project.quarantine()] == [
        "none of `timestamp`, `original_timestamp`, `sent_at`, `received_at` is given",
        "`event` is missing, which `type` asks for",
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("generic/orders/dt=2026-01-31/o.csv", "2026-01-31 00:00:00"),
        ("generic/orders/2026/01/31/o.csv", "2026-01-31 00:00:00"),
        ("ga4/events/events_20260131.parquet", "2026-01-31 00:00:00"),
        ("x/2026-01-01/orders_2026-01-31.csv", "2026-01-31 00:00:00"),
        ("x/2026-13-45.csv", "None"),
        ("x/order_12345678901.csv", "None"),
        ("x/20260131T101530Z/o.csv", "2026-01-31 10:15:30"),
        ("x/20260131T101530123456Z.ndjson", "2026-01-31 10:15:30.123456"),
        ("x/2026-01-31T10-15.csv", "2026-01-31 10:15:00"),
        ("x/orders_20260131_101530.csv", "2026-01-31 10:15:30"),
        ("x/orders_2026-01-31_10-15.csv", "2026-01-31 10:15:00"),
        ("x/dt=2026-01-31/hour=10/o.csv", "2026-01-31 10:00:00"),
        ("x/2026-01-01_2026-01-31.csv", "2026-01-31 00:00:00"),
        ("x/20260131-part-0001.csv", "2026-01-31 00:00:00"),
        ("x/20260131_000061.csv", "2026-01-31 00:00:00"),
        ("x/2026-01-31T25-99.csv", "2026-01-31 00:00:00"),
        ("x/contacts_20260131101500.csv", "2026-01-31 10:15:00"),
        ("x/contacts_20260131101500Z.csv.gz", "2026-01-31 10:15:00"),
        ("x/contacts_20260131101500123.csv", "2026-01-31 10:15:00.123000"),
        ("x/2026_01_31.csv", "2026-01-31 00:00:00"),
        ("x/orders_2026_01_31_101500.csv", "2026-01-31 10:15:00"),
        ("x/year=2026/month=01/day=31/a.csv", "2026-01-31 00:00:00"),
        ("x/year=2026/month=1/day=3/hour=7/a.csv", "2026-01-03 07:00:00"),
        ("x/order_20269931101500.csv", "None"),
        ("x/order_20260131256100.csv", "None"),
        ("x/order_2026013110150.csv", "None"),
        ("x/order_202601311015001234.csv", "None"),
        ("x/events_1769854500000.csv", "None"),
        ("x/events_1769854500000000.csv", "None"),
        ("x/order_4711_01_02.csv", "None"),
    ],
)
def test_moment_of_landing(path: str, expected: str) -> None:
    """Of two files of one day, the later has the newer versions where rows have no time of their own; a number is no time."""
    assert str(landed_on(path)) == expected
