"""Every macro that is spelt differently on Spark says the same there as on DuckDB: the same rows through both."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from tests.profiles.models import sql

pytestmark = pytest.mark.spark

COMPANY = "select 'Europe/Paris' as timezone"
DAYS = """
    select date '2024-02-29' as day, timestamp '2024-02-29 23:30:00' as moment, 1 as n
    union all select date '2025-12-31', timestamp '2025-03-30 00:59:59', -40
    union all select date '2026-03-31', timestamp '2026-10-25 01:30:00', 13
    union all select date '1999-10-05', timestamp '1999-10-05 12:00:00.5', 0
    union all select null, null, null"""
OTHER = "cast('2026-01-15' as date)"
TEXTS = """
    select 'Éloïse Œuvrard-Straße' as t, '^[a-z]+$' as p
    union all select 'Łukasz Đặng', 'x' union all select '', '' union all select '  ', '' union all select null, null
    union all select 'a|b||c', '' union all select 'Ελένη 42', '' union all select 'İstanbul', ''"""
JSON = """
    select '{"name":"Home","n":1.50,"b":true,"nested":{"z":1,"a":[1,"x",null]},"context_ip":"::1","gone":null,"empty":""}' as j
    union all select '{}' union all select null
    union all select '{"é\\u00e9/~":" spaced ","id":"7","price":"12","list":[{"price":3},{"price":"4.0"}]}'
    union all select '{"quote":"she said \\"no\\"","line":"a\\nb","id":12345678901234}'"""
ITEMS = """
    select '[{"id":"a","price":3,"code":"X"},{"id":"b","code":"Y"}]' as j union all select '[]' union all select null
    union all select '[{"code":"one"}]'"""
URLS = """
    select 'a+b%20c' as t union all select 'caf%C3%A9' union all select 'caf%E9' union all select '100%' union all select 'plain'
    union all select null"""
GROUPS = """
    select 'g' as g, 'b' as v, timestamp '2026-01-01 00:00:00' as moment, cast(1.5 as double) as x, 2 as n
    union all select 'g', 'a', timestamp '2026-01-02 00:00:00', 2.5, 1
    union all select 'g', 'c', timestamp '2026-01-02 00:00:00', 10.0, 1
    union all select 'g', null, timestamp '2025-01-02 00:00:00', 4.0, 3
    union all select 'h', 'only', timestamp '2026-01-01 10:00:00.25', 7.0, 9"""
GA4 = """
    select '[{"key":"page","value":{"string_value":"/a"}},{"key":"n","value":{"int_value":"5"}},{"key":"none","value":{}}]' as p,
        '[{"key":"tier","value":{"string_value":"gold \\"x\\""}}]' as u
    union all select '[]', '[]' union all select null, null"""
IGLU = """
    select '{"data":[{"schema":"iglu:a/b/1-0-0","data":{"x":1}},{"schema":"iglu:a/c/1-0-0","data":{"y":"z"}}]}' as told
    union all select '{"data":[]}'"""

PATHS = ["$.name", "$.nested", "$.nested.z", "$.n", "$.quote", '$."é/~"']
PLACES = ["$[0].price", "$[0].id"]

EXPRESSIONS = {
    "dates": (DAYS, [
        "date_after('day', 'n')", f"days_between('day', {OTHER!r})", "months_before('day', 1)", "months_before('day', 13)",
        "years_after('day', 1)", "days_after('moment', 'n')", "days_before('moment', 'n')", "hours_after('moment', 'n')",
        "hours_before('moment', 'n')", "seconds_between('moment', \"timestamp '2026-01-01 00:00:00'\")", "day_start('day')",
    ]),
    "texts": (TEXTS, [
        "folded('t')", "matches('t', '^[A-Za-z]')", "sha256('t')", "hash_share('t')", "moment_told('t')", "one_text('t')",
    ]),
    "moments": (
        "select '2026-01-01T10:00:00Z' as t union all select '2026-01-01 10:00:00+02:00' union all select '2026-01-01' "
        "union all select '2026-06-30T14:00:00.123456' union all select 'soon' union all select null",
        ["moment_told('t')"],
    ),
    "objects": (JSON, [
        "json_completed('j', {'name': \"'new'\", 'id': \"'9'\", 'none': 'cast(null as varchar(3))'})",
        "json_without('j', ['id', 'name'], 'context_')", "json_named('j', \"'name'\")", "json_named('j', \"'n'\")",
        *(f"json_picked(json_pick('j', {PATHS}), {PATHS})['{path[2:]}']" for path in PATHS),
    ]),
    "lists": (ITEMS, [
        "json_object({'a': {'json': 'j'}, 'b': \"'x'\"})", "json_texts('j', '$[*].code')",
        *(f"json_picked(json_pick('j', {PLACES}), {PLACES})['{path}']" for path in PLACES),
    ]),
    "values": (DAYS, [
        "json_object({'day': 'day', 'moment': 'moment', 'n': 'n', 'money': 'cast(n as decimal(18, 4))', 'half': 'n / 2'})",
        "local_date('moment')", "local_time('moment')", "utc_moment('moment')", "no_texts()",
        "list_item(one_text('n'), 1)", "rounded('n * 1.00005e0', 4)", "rounded('n / 3', 6)", "rounded('n * 0.125e0', 2)",
    ]),
    "urls": (URLS, ["url_decoded('t')"]),
    "ga4": (GA4, [
        "ga4_param(ga4_params('p'), 'page')", "ga4_param(ga4_params('p'), 'n')", "ga4_object(ga4_params('p'), ga4_params('u'))",
    ]),
    "iglu": (IGLU, ["iglu_data(iglu_entities('told'), 'a/b')", "iglu_data(iglu_entities('told'), 'x/y')"]),
}  # fmt: skip
AGGREGATES = [
    "newest('v', 'moment')", "oldest('v', 'moment')", "text_list('v')", "quantiles('x', [0.0, 0.25, '1.0 - 0.1'])",
    "oldest_of('x', ['n', 'moment', 'x'])", "joined_texts('v')",
    "json_list({'rank': 'n', 'v': 'v', 'moment': 'moment', 'x': 'x'})",
]  # fmt: skip
ROWS = [
    ("select t from (" + TEXTS + ") as texts where t is not null", "split_rows('src.t', 'parts')", "parts.part"),
    ("select n from (" + DAYS + ") as days where n > 0", "number_rows('src.n', 'numbers')", "numbers.number"),
    (JSON, "json_keys('src.j', 'names')", "names.name"),
    (JSON, "json_pairs('src.j', 'pairs')", "pairs.name, pairs.value"),
    (GROUPS, "list_rows(one_text('src.v'), 'parts')", "src.n, parts.part"),
    (ITEMS, "json_unnest('src.j', 'items')", "items.record, items.place"),
]  # fmt: skip


def told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None) if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, list):
        return [told(item) for item in value]
    return value


def both(spark: Any, rows: str, query: str) -> tuple[list[Any], list[Any]]:
    """What a query with macros makes of the rows `src`, on DuckDB and on Spark, which reads a backslash as an escape."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"create table src as {rows}")
        con.execute(f"create table company as {COMPANY}")
        ours = con.execute(sql(query, "duckdb")).fetchall()
    spark.sql(f"create or replace temporary view company as {COMPANY}")
    spark.sql("create or replace temporary view src as " + rows.replace("\\", "\\\\"))
    theirs = [tuple(row) for row in spark.sql(sql(query, "spark")).collect()]
    return [tuple(map(told, row)) for row in ours], [tuple(map(told, row)) for row in theirs]


@pytest.mark.parametrize("name, macro", [(name, macro) for name, (_, macros) in EXPRESSIONS.items() for macro in macros])
def test_an_expression_says_the_same_on_spark(spark, name, macro):
    ours, theirs = both(spark, EXPRESSIONS[name][0], f"select {{{{ {macro} }}}} as found from src")
    assert sorted(theirs, key=repr) == sorted(ours, key=repr)


@pytest.mark.parametrize("macro", AGGREGATES)
def test_an_aggregate_says_the_same_on_spark(spark, macro):
    ours, theirs = both(spark, GROUPS, f"select g, {{{{ {macro} }}}} as found from src group by g order by g")
    assert theirs == ours


def test_the_last_value_known_is_the_same_on_spark(spark):
    frame = "over (partition by g order by moment, n, x)"
    ours, theirs = both(
        spark, GROUPS, f"select g, moment, x, {{{{ last_known('v') }}}} {frame} as found from src order by 1, 2, 3"
    )
    assert theirs == ours


@pytest.mark.parametrize("rows, macro, columns", ROWS, ids=[macro for _, macro, _ in ROWS])
def test_rows_are_the_same_on_spark(spark, rows, macro, columns):
    ours, theirs = both(spark, rows, f"select {columns} from src {{{{ {macro} }}}}")
    assert sorted(theirs, key=repr) == sorted(ours, key=repr)
