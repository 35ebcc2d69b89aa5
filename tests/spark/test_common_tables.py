"""What a query names once and reads several times is worked out once."""

import pytest

from dagster_project.spark.common_tables import common_tables, parsed

SHARED = """/* by dbt */ create table made using parquet as
-- a comment with a table; nobody reads it
with one as (select 'it''s ) and ( with' as text, 1 as k),
grouped as (with two as (select * from one) select k, count(*) as n from two group by k),
alone as (select grouped.k from grouped join one on grouped.k = one.k)
select alone.k, grouped.n from alone join grouped on alone.k = grouped.k"""


def shared(sql: str) -> list[str]:
    statement = parsed(sql)
    return [table.name for table in statement.shared()] if statement else []


def test_tables_of_a_table_are_shared_too_unless_their_names_are_taken():
    nested = """create table t as with one as (select k from u group by k),
    other as (with {0} as (select k from v group by k) select * from {0} as a join {0} as b) select * from one join other"""
    assert shared(nested.format("own")) == ["own"]
    assert "own" not in shared(nested.format("one"))
    assert len(parsed(nested.format("one")).tables) == 2


def test_only_what_takes_work_and_is_read_several_times_is_kept():
    assert shared(SHARED) == ["grouped"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "create table t as select * from u",
        "create view v as " + SHARED.partition("as\n")[2],
        "create table t as with recursive a as (select 1 union all select 1 from a join a) select * from a join a",
        "create table t as with a(x) as (select 1 union select 2) select * from a join a",
        "create table t as select * from (with a as (select 1 union select 2) select * from a join a)",
    ],
)
def test_what_is_not_sure_to_be_understood_is_run_as_it_stands(sql):
    assert shared(sql) == []


@pytest.mark.spark
def test_the_same_rows_and_nothing_is_left_of_the_work(spark):
    query = "insert into numbers " + SHARED.partition("as\n")[2]
    spark.sql("create or replace temporary view before as select 1")
    with common_tables(spark, query) as statement:
        found = spark.sql(statement.removeprefix("insert into numbers ")).collect()
        assert "common_" in statement
    assert [tuple(row) for row in found] == [(1, 1)]
    assert [row.viewName for row in spark.sql("show views like 'common_*'").collect()] == []
    with pytest.raises(ZeroDivisionError), common_tables(spark, query):
        raise ZeroDivisionError
    assert [row.viewName for row in spark.sql("show views like 'common_*'").collect()] == []
