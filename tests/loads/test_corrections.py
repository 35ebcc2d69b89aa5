"""Rows that are told again, otherwise: which one counts, and that the order in which files arrive does not matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from .landing import Project, event, events


@pytest.mark.parametrize("value", [1, 2, 3, 9])
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_copy_that_is_corrected(project: Project, name: str, value: int) -> None:
    """Whichever of two files of one content is corrected, the correction counts, whatever its hash."""
    for file, score in [("a", 5), ("b", 5), (name, value)]:
        text = f"response_id,score,answered_at\nr,{score},2026-01-31\n"
        project.write(f"generic/surveys/{file}.csv", text)
        project.write(f"generic/products/{file}.csv", f"product_id,price\np,{score}\n")
        project.load()
    assert project.rows("select score::int from raw_generic.surveys") == [(value,)]
    assert project.rows("select price::int from raw_generic.products") == [(value,)]


@pytest.mark.parametrize("values", [(1, 2, 1), (2, 1, 2)])
def test_a_file_corrected_in_place(project: Project, values: tuple[int, int, int]) -> None:
    """The corrected amount must count, a fact's and a version's, whatever its hash; back again, the first one must."""
    place = ["raw_generic.events", "raw_generic.products", "raw_generic.orders"]
    columns = ["user_id::int", "price::int", "total::int"]
    for value in values:
        project.write("generic/events/a.ndjson", events(2) + event(1, user_id=str(value)))
        project.write("generic/products/p.csv", f"product_id,price\nq,7\np,{value}\n")
        project.write("generic/orders/2026-01-31.csv", f"order_id,ordered_at,total,updated_at\no,2026-01-31,{value},2026-01-31\n")
        project.load()
        found = [project.rows(f"select {column} from {table} order by 1") for column, table in zip(columns, place, strict=True)]
        assert found == [[(value,), (None,)], [(value,), (7,)], [(value,)]]
    assert project.rows("select entity, count(*) from quality.replaced group by all order by 1") == [
        ("events", 2), ("orders", 2), ("products", 2)
    ]  # fmt: skip
    assert project.rows("select entity, sum(tied_keys)::int from quality.version_ties group by all order by 1") == [
        ("orders", 0), ("products", 0)
    ]  # fmt: skip


def test_a_file_written_over_with_other_rows(project: Project) -> None:
    """A vendor that writes each hour's rows over the last hour's must not lose the last hour's, nor an order its history."""
    head = "order_id,ordered_at,total,status,updated_at\n"
    for rows in ("a,2026-01-01,1,pending,2026-01-01\nb,2026-01-01,1,paid,2026-01-01\n", "a,2026-01-01,1,paid,2026-01-02\n"):
        project.write("generic/orders/latest.csv", head + rows)
        project.load()
    assert project.rows("select order_id, status from raw_generic.orders order by 1, updated_at") == [
        ("a", "pending"), ("a", "paid"), ("b", "paid")
    ]  # fmt: skip
    assert project.value("select count(*) from quality.replaced") == 0


def test_versions_that_nothing_puts_in_order(project: Project) -> None:
    """Two prices of one product in files of one day: one is chosen, and somebody must hear that nothing told which."""

    def tied() -> list[tuple]:
        query = "select entity, tied_keys, array_to_string(example_files, ' ') from quality.version_ties where tied_keys > 0"
        return project.rows(query + " order by 1")

    for name, price in [("2026-01-01/a", 1), ("2026-01-01/b", 2), ("2026-01-02/c", 3), ("2026-01-02T10-15/d", 4)]:
        project.write(f"generic/products/{name}.csv", f"product_id,price\np,{price}\nq,1\n")
    project.load()
    assert tied() == [("products", 1, "generic/products/2026-01-01/a.csv generic/products/2026-01-01/b.csv")]
    head = "order_id,ordered_at,total,updated_at\n"
    for day in (1, 2):
        project.write(
            f"generic/orders/2026-01-0{day}.csv", head + f"a,2026-01-01,{day},2026-01-01\nb,2026-01-01,1,2026-01-0{day}\n"
        )
    project.load()
    assert [row[:2] for row in tied()] == [("orders", 1), ("products", 1)]
    assert project.rows("select status from raw_generic.orders where order_id = 'a'") == [(None,), (None,)]


def test_versions_are_kept_and_repeats_are_not(project: Project) -> None:
    """An order that changes must keep its history; the same export again must not double it."""
    head = "order_id,ordered_at,total,status,updated_at\n"
    project.write(
        "generic/orders/dt=2026-01-01/o.csv", head + "a,2026-01-01,10,pending,2026-01-01\nb,2026-01-01,5,paid,2026-01-01\n"
    )
    project.load()
    project.write(
        "generic/orders/dt=2026-01-02/o.csv", head + "a,2026-01-01,10,paid,2026-01-02\nb,2026-01-01,5.00,paid,2026-01-01\n"
    )
    project.load()
    assert project.ledger("generic/orders/dt=2026-01-02/o.csv") == (2, 1, 1, 0)
    assert project.rows("select status from raw_generic.orders where order_id = 'a' order by updated_at") == [
        ("pending",),
        ("paid",),
    ]


def test_version_that_returns(project: Project) -> None:
    """Without updated_at, a price that goes 1, 2, 1 must end as 1, whatever came first."""
    for day, price in [(1, 1), (3, 1), (2, 2)]:
        project.write(f"generic/products/2026-01-0{day}/p.csv", f"product_id,price\np,{price}\n")
        project.load()
    newest = "select price, _landed_on::date::varchar from raw_generic.products order by _landed_on desc limit 1"
    assert [(float(price), day) for price, day in project.rows(newest)] == [(1.0, "2026-01-03")]


def test_winner_does_not_hang_on_file_names(tmp_path: Path) -> None:
    """Of two different events with one id, the same one must win whichever file holds which."""
    one, other = event(1, user_id="x") + "\n", event(1, user_id="y") + "\n"
    winners = set()
    for number, (first, second) in enumerate([(one, other), (other, one)]):
        project = Project(tmp_path / str(number))
        project.write("generic/events/a.ndjson", first)
        project.write("generic/events/b.ndjson", second)
        project.load()
        winners.add(project.value("select user_id from raw_generic.events"))
    assert len(winners) == 1
