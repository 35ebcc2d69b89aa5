"""What people say of identifiers in seeds, and the mistakes that `relance check` finds in it."""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.check import check_project
from dagster_project.errors import RelanceError
from dagster_project.identity.somebodys_word import PAIR, hand_links
from dagster_project.run import run_project
from dagster_project.settings import Settings

HEADER = "left_type,left_identifier,right_type,right_identifier,reason\n"


def mistakes(project: Settings, **seeds: str) -> list[str]:
    folder = project.base / "seeds"
    folder.mkdir(exist_ok=True)
    for name, text in seeds.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check_project(project.config_path).mistakes]


def test_contradictions_are_told_with_both_lines(make_project):
    """Two colleagues say opposite things of two people; one of them must hear of it. Nobody's address is told."""
    must = HEADER + "email,a@x.org,contact_id,1,\ncontact_id,1,user_id,u,\nemail,z@x.org,user_id,z,\n"
    cannot = HEADER + "email,q@x.org,user_id,q,\nuser_id,u,email,a@x.org,seen\nuser_id,u,user_id,u,\n"
    chained, same = mistakes(make_project(), must_link=must, cannot_link=cannot)
    assert "cannot_link.csv:3 and " in chained and "must_link.csv:2" in chained and "must_link.csv:3" in chained
    assert "cannot_link.csv:4" in same
    assert "x.org" not in chained + same


def test_identifiers_are_read_as_people_write_them():
    """A row in capitals or with a national number would have no effect, and the two people stay welded."""
    con = duckdb.connect()
    con.execute(
        f"create table must_link ({', '.join(f'{name} varchar' for name in PAIR)}); create table cannot_link as from must_link"
    )
    con.execute("insert into must_link values ('email', ' Anna@Example.com', 'phone', '06 12 34 56 78')")
    con.execute("insert into cannot_link values ('user_id', 'Anna', 'loyalty_card', 'ab-12 3')")
    found = hand_links(con.table("must_link"), con.table("cannot_link"), con.sql("select 'FR' as country"))
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("must_link", "email", "anna@example.com", "phone", "+33612345678"),
        ("cannot_link", "user_id", "Anna", "loyalty_card", "AB123"),
    ]


def test_contradictions_are_seen_however_they_are_spelled(make_project):
    """Two colleagues who spell one address in two ways contradict each other all the same."""
    must = HEADER + "email,Anna@Example.com,phone,06 12 34 56 78,\n"
    (found,) = mistakes(make_project(), must_link=must, cannot_link=HEADER + "phone,+33612345678,email,anna@example.com ,\n")
    assert "cannot_link.csv:2 and " in found and "must_link.csv:2" in found


def test_what_is_no_address_and_a_row_cut_short_are_told(make_project):
    """A number with a digit too few means nobody; a row without its last cell ended the run in a message about sniffing."""
    must = HEADER + "email,a@x.org,contact_id,1\nphone,06 12,contact_id,1,\nemail,a@x.org,contact_id,1,seen,twice\n\n"
    found = mistakes(make_project(), must_link=must)
    assert ["must_link.csv:2" in found[0], "must_link.csv:4" in found[1], "must_link.csv:3" in found[2]] == [True] * 3
    assert "4 cells" in found[0] and "no telephone number" in found[2] and len(found) == 3


def test_a_run_ends_at_the_mistakes_that_check_tells(make_project):
    """A run that goes on welds people by a seed that `relance check` has refused."""
    project = make_project()
    (told,) = mistakes(project, must_link=HEADER + "email,a@x.org,contact,1,\n")
    with pytest.raises(RelanceError) as ended:
        run_project(project)
    assert str(ended.value) == told and not project.warehouse_path.exists()


def test_an_identifier_that_the_warehouse_has_not_seen_is_told(make_project):
    """A mistyped address changes nothing, and whoever wrote the row thinks the matter settled."""
    project = make_project()
    seed = HEADER + "email,Anna@Example.com,contact_id,c1,\nemail,ana@example.com,contact_id,c1,\n"
    assert mistakes(project, must_link=seed) == [] and warnings(project) == []
    with duckdb.connect(str(project.warehouse_path)) as con:
        con.execute(
            """create schema identity; create table identity.observed_identifiers as
            select * from (values ('email', 'anna@example.com'), ('contact_id', 'c1')) as seen (identifier_type, identifier)"""
        )
    (told,) = warnings(project)
    assert "must_link.csv:3" in told and "left_identifier" in told and "example.com" not in told


def warnings(project: Settings) -> list[str]:
    return [line for line in check_project(project.config_path).warnings if "_link.csv" in line]


def test_rows_that_can_mean_nothing_are_told(make_project):
    """A mistyped type would be passed over in silence, and the person stay welded."""
    must = HEADER + "e-mail,a@x.org,contact_id,1,\nemail,,contact_id,1,\n"
    found = mistakes(make_project(), must_link=must, blocked_identifiers="identifier_type,pattern,reason\n*,none,x\nphon,1%,x\n")
    assert ["must_link.csv:2" in found[0], "must_link.csv:3" in found[1], "blocked_identifiers.csv:3" in found[2]] == [True] * 3
    assert "did you mean `email`" in found[0] and "did you mean `phone`" in found[2] and len(found) == 3


def test_the_shipped_seeds_have_no_mistakes(make_project):
    """A project that says nothing itself starts without a complaint."""
    assert mistakes(make_project()) == []


def test_a_limit_for_an_unknown_type_is_told(make_project):
    """A limit that is never heard guards nothing."""
    with pytest.raises(RelanceError) as found:
        make_project("identity: {limits: {pairs: {phon: {user_id: 3}, email: {user_id: 0}}}}\n")
    unknown, too_small = map(str, found.value.mistakes)
    assert "did you mean `phone`" in unknown and "relance.yml:2" in unknown
    assert "user_id" in too_small and "greater than or equal to 1" in too_small
