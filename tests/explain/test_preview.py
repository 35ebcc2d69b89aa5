"""What a preview says of edited rules, against what they do to a few people."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.explain.preview_identity import Change, compare
from dagster_project.settings import Settings

End = tuple[str, str]


def changed(before: dict[End, str], after: dict[End, str], members: dict[str, list[str]], then: dict[str, list[str]]) -> Change:
    """People (identifier → profile_id) and audiences (name → profile_ids), today and then; each order is worth 10."""
    con = duckdb.connect()
    con.execute("attach ':memory:' as today")
    for catalog, people, audiences in [("today", before, members), ("memory", after, then)]:
        con.execute(f"use {catalog}")
        con.execute(
            """create schema identity; create schema audiences; create schema profiles;
            create table identity.identifiers (identifier_type varchar, identifier varchar, profile_id varchar);
            create table identity.aliases (alias varchar, profile_id varchar);
            create table identity.edges (rule varchar, refused_reason varchar);
            create table audiences.current_members (audience varchar, profile_id varchar);
            create table profiles.person_orders (
                order_id varchar, profile_id varchar, is_revenue boolean, net_company decimal(18, 4))"""
        )
        for (kind, value), profile_id in people.items():
            con.execute("insert into identity.identifiers values (?, ?, ?)", [kind, value, profile_id])
            if kind == "order_id":
                con.execute("insert into profiles.person_orders values (?, ?, true, 10)", [value, profile_id])
        for audience, ids in audiences.items():
            for profile_id in ids:
                con.execute("insert into audiences.current_members values (?, ?)", [audience, profile_id])
        con.execute("create table profiles.profiles as select distinct profile_id from identity.identifiers")
    con.execute("use memory")
    return compare(con, "today")


def rows(change: Change, title: str) -> list[tuple]:
    return next((section.rows for section in change.sections if section.title == title), [])


A, B, ORDER_A, ORDER_B = ("email", "a"), ("email", "b"), ("order_id", "1"), ("order_id", "2")
TWO = {A: "pa", ORDER_A: "pa", B: "pb", ORDER_B: "pb"}


def test_the_same_people_are_no_change():
    """A preview that cries wolf is not read."""
    change = changed(TWO, TWO, {"x": ["pa"]}, {"x": ["pa"]})
    assert change.nothing and (change.profiles_before, change.profiles_after) == (2, 2)


def test_a_merge_names_who_becomes_one_and_what_moves():
    """Whoever loosens a limit must see which people it welds before their orders are one person's."""
    change = changed(TWO, dict.fromkeys(TWO, "pa"), {"x": ["pa", "pb"], "y": ["pb"]}, {"x": ["pa"], "y": []})
    assert rows(change, "Merged") == [("pa", 2, 4, "pa pb")] and not rows(change, "Split")
    assert rows(change, "Revenue that moves between people") == [(1, 1, 1, Decimal(10))]
    assert rows(change, "Audiences") == [("x", 2, 1, 0, 0, 1), ("y", 1, 0, 0, 1, 0)]
    assert not rows(change, "Identifiers") and change.profiles_after == 1


def test_a_split_keeps_the_name_with_its_identifier():
    """Counted the other way round, the person who stays would seem to leave the audience."""
    one = dict.fromkeys(TWO, "pa")
    change = changed(one, TWO, {"x": ["pa"]}, {"x": ["pa", "pb"]})
    assert rows(change, "Split") == [("pa", 2, 4, "pa pb")]
    assert rows(change, "Identifiers") == [("email", 1, 0, 0), ("order_id", 1, 0, 0)]
    assert rows(change, "Audiences") == [("x", 1, 2, 1, 0, 0)]


def test_a_new_name_alone_is_no_move():
    """A person who is merely called otherwise has not left an audience, and no revenue has moved."""
    renamed = {end: name.replace("pa", "pz") for end, name in TWO.items()}
    change = changed(TWO, renamed, {"x": ["pa"]}, {"x": ["pz"]})
    assert change.nothing


def test_what_stands_for_nobody_is_counted():
    """An identifier that a limit makes junk takes its person's reach away, unseen among merges and splits."""
    change = changed(TWO, {end: name for end, name in TWO.items() if end != B}, {}, {})
    assert rows(change, "Identifiers") == [("email", 0, 1, 0)]


@pytest.fixture(scope="module")
def edited(demo: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo in which somebody has said that two customers are one, and an audience looks back further."""
    folder = tmp_path_factory.mktemp("edited") / "shop"
    shutil.copytree(demo.base, folder, ignore=shutil.ignore_patterns("truth", "exports", "published", "report", "dagster", "dbt"))
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        # Earlier runs have sent somebody as much as may be; the run itself has not looked yet.
        con.execute(
            """insert into activation.messages by name
            select message.* replace ('before' as run_id, 'email' as channel, run.as_of - to_hours(nth.hours) as sent_at)
            from (from activation.messages order by all limit 1) as message, generate_series(1, 20) as nth(hours), control.run"""
        )
        one, other = con.execute(
            "select customer_id from unified.orders where customer_id is not null group by 1 order by count(*) desc, 1 limit 2"
        ).fetchall()
    (folder / "seeds").mkdir(exist_ok=True)
    header = "left_type,left_identifier,right_type,right_identifier,reason\n"
    (folder / "seeds" / "must_link.csv").write_text(f"{header}customer_id,{one[0]},customer_id,{other[0]},asked\n")
    config = folder / "relance.yml"
    config.write_text(config.read_text() + "\nwindows: {product_viewers: 360}\n")
    return folder


def test_previews_tell_and_touch_nothing(edited):
    """A preview that wrote into the warehouse, or left people's data behind, would be a run."""
    before = (edited / "warehouse.duckdb").read_bytes()
    identity = CliRunner().invoke(main, ["preview", "--identity", "--config", str(edited)])
    assert identity.exit_code == 0, identity.output
    assert "Merged" in identity.output and "must_link" in identity.output and "net revenue" in identity.output
    audience = CliRunner().invoke(main, ["preview", "product_viewers", "--config", str(edited)])
    assert audience.exit_code == 0, audience.output
    assert "enter" in audience.output and "Overlap then" in audience.output and "Reachable then" in audience.output
    assert "meta_product_viewers" in audience.output and "would be in it" in audience.output
    # Without what was sent, nobody would be spoken to too often.
    assert "frequency_capped" in audience.output.partition("Other audiences that change")[2]
    assert (edited / "warehouse.duckdb").read_bytes() == before
    assert not list((edited / ".relance" / "preview").glob("*.duckdb*"))
    assert not (edited / "exports").exists()


@pytest.mark.parametrize("arguments", [[], ["x", "--identity"], ["product_viewer"]])
def test_what_can_not_be_previewed_is_told(demo, arguments):
    """A name mistyped must not end in an empty preview."""
    result = CliRunner().invoke(main, ["preview", *arguments, "--config", str(demo.base)])
    assert result.exit_code == 2 and "Traceback" not in result.output
    assert "How to mend" in result.output
