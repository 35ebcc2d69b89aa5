"""What the demo's people are told to be, against the links, the truth and the landed files."""

from __future__ import annotations

import json
import stat

import duckdb
import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main
from dagster_project.explain.person import Explanation, explain_person
from dagster_project.explain.who import find_person
from dagster_project.settings import Settings


def relance(demo: Settings, *arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments), "--config", str(demo.base)])


def explained(con: duckdb.DuckDBPyConnection, demo: Settings, text: str) -> Explanation:
    return explain_person(con, find_person(con, demo, text), evidence_of=50)


def people(con: duckdb.DuckDBPyConnection, count: int) -> list[str]:
    """Profiles with the most kinds of identifiers."""
    rows = con.execute(
        f"""select profile_id from identity.identifiers group by 1
        order by count(distinct identifier_type) desc, count(*) desc, 1 limit {count}"""
    ).fetchall()
    return [row[0] for row in rows]


def test_accepted_links_join_what_was_asked_for_to_all_others(warehouse, demo):
    """An explanation by a refused link, or with an identifier that nothing joins, hides how two people became one."""
    accepted = {
        (row[:2], row[2:4], row[4])
        for row in warehouse.execute(
            "select left_type, left_identifier, right_type, right_identifier, rule from identity.edges where accepted"
        ).fetchall()
    }
    for profile_id in people(warehouse, 3):
        for kind, value in warehouse.execute(
            f"select identifier_type, identifier from identity.identifiers where profile_id = '{profile_id}' order by all limit 2"
        ).fetchall():
            told = explained(warehouse, demo, f"{kind}:{value}")
            assert told.who.profile_id == profile_id and told.start == (kind, value)
            assert set(told.tree) == set(told.identifiers)
            links = [step.link for step in told.tree.values() if step.link]
            assert all((link.left, link.right, link.rule) in accepted for link in links)


def test_evidence_names_the_row_that_says_so(warehouse, demo):
    """A file and row where nothing of the kind stands sends whoever checks a merge astray."""
    told = explained(warehouse, demo, people(warehouse, 1)[0])
    csv = [(link, place) for (link, _), place in told.places.items() if link.rule == "order" and place[0].endswith(".csv")]
    assert csv
    for link, (file, row) in csv:
        text = (demo.landing_path / file).read_text(encoding="utf-8").split("\n")[row]  # the first line is the header
        assert link.left[1] in text or link.right[1] in text


@pytest.mark.parametrize("spelling", [str.upper, "  {} ".format, "email:{}".format])
def test_an_address_is_known_in_any_spelling(warehouse, demo, spelling):
    """Support copies addresses from letters: a capital must not make a stranger of a customer."""
    email, profile_id = warehouse.execute(
        "select identifier, profile_id from identity.identifiers where identifier_type = 'email' order by 1 limit 1"
    ).fetchone()
    assert find_person(warehouse, demo, spelling(email)).profile_id == profile_id


def test_a_number_is_known_as_it_is_dialled_at_home(warehouse, demo):
    """Nobody writes the number that they have on the phone in E.164."""
    phone, profile_id = warehouse.execute(
        """select identifier, profile_id from identity.identifiers
        where identifier_type = 'phone' and identifier like '+33%' order by all limit 1"""
    ).fetchone()
    home = "0" + phone.removeprefix("+33")
    assert find_person(warehouse, demo, " ".join(home)).profile_id == profile_id


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("nobody@example.net", "Nobody is known"),
        ("info@example.com", "stands for nobody"),
        ("email:no address", "This is no email"),
        ("p" + "0" * 20, "Nobody is known"),
        ("", "Nothing was asked for"),
        ("'; drop table x", "Nobody is known"),
    ],
)
def test_who_is_nobody_is_told_so(demo, asked, expected):
    """An address in an error message ends in log files."""
    result = relance(demo, "explain", asked)
    assert result.exit_code == 2 and expected in result.output
    assert "Traceback" not in result.output and "@" not in result.output.replace("@-sign", "")


def test_the_terminal_tells_every_room(demo, warehouse):
    """The command is what people see: it must show the profile, the links, the scores and each audience with its reason."""
    buyer = warehouse.execute("select profile_id from scores.rfm order by frequency desc, 1 limit 1").fetchone()[0]
    result = relance(demo, "explain", buyer)
    assert result.exit_code == 0, result.output
    audiences = [row[0] for row in warehouse.execute("select audience from control.audiences").fetchall()]
    for expected in (buyer, "lifecycle_stage", "rfm_segment", "given_on_site", "granted", *audiences):
        assert expected in result.output


def test_one_audience_says_which_clause_fails(demo, warehouse):
    """`not in it` without the clause sends people to the SQL."""
    profile_id, audience, says = warehouse.execute(
        """select decisions.profile_id, decisions.audience, says from audiences.decisions join control.audience_says
        on decisions.audience = audience_says.audience and blocked_by = clause order by all limit 1"""
    ).fetchone()
    result = relance(demo, "explain", profile_id, "--audience", audience)
    assert result.exit_code == 0, result.output
    assert f"Not in: this does not hold: {says}." in result.output
    wrong = relance(demo, "explain", profile_id, "--audience", audience[:-1])
    assert wrong.exit_code == 2 and f"did you mean `{audience}`" in wrong.output


def test_whom_an_audience_is_not_for_is_told_so(demo, warehouse):
    """`Asked for first: they were on the site` is a false reason, told of a known person who was there."""
    known = warehouse.execute(
        """select profile_id from audiences.members where audience = 'visitors_30_days' order by 1 limit 1"""
    ).fetchone()[0]
    told = relance(demo, "explain", known, "--audience", "anonymous_visitors_30_days")
    assert "Not in: only for people nobody knows." in told.output
    stranger = warehouse.execute(
        "select profile_id from audiences.members where audience = 'anonymous_visitors_30_days' order by 1 limit 1"
    ).fetchone()[0]
    told = relance(demo, "explain", stranger, "--audience", "visitors_30_days")
    assert "Not in: only for people who left an address" in told.output


def test_who_stands_in_no_file_of_an_audience_they_are_in_is_told_why(demo, warehouse):
    """In the audience and in no file: without the reason, that looks like a fault of the export."""
    member, suppression = warehouse.execute(
        """select members.profile_id, kept.audience from audiences.members as members
        join control.audience_suppressions as suppressions using (audience)
        join audiences.members as kept on kept.audience = suppressions.suppression and kept.profile_id = members.profile_id
        where members.audience = 'win_back' order by all limit 1"""
    ).fetchone()
    told = relance(demo, "explain", member, "--audience", "win_back")
    assert told.exit_code == 0, told.output
    assert suppression in told.output.partition("Keep them out of its files")[2]


def test_an_access_request_holds_the_person_and_nobody_else(demo, warehouse, tmp_path):
    """A missing row is a wrong answer by law; another person's address in it is a breach."""
    truth = warehouse.execute(
        """select i.truth_person_id, known.profile_id from truth_identifiers as i
        join identity.identifiers as known using (identifier_type, identifier)
        join truth_people as people using (truth_person_id)
        where i.link = 'exact' and not i.shared and people.kind = 'customer'
        group by 1, 2 order by count(distinct identifier_type) desc, count(*) desc, 1 limit 2"""
    ).fetchall()
    for person, profile_id in truth:
        path = tmp_path / f"{profile_id}.json"
        result = relance(demo, "explain", profile_id, "--export", path)
        assert result.exit_code == 0, result.output
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text(encoding="utf-8")
        held = json.loads(text)
        orders = {
            row[0]
            for row in warehouse.execute("select order_id from truth_orders where truth_person_id = ?", [person]).fetchall()
        }
        assert orders and orders <= {row["order_id"] for row in held["raw"]["generic.orders"]}
        entered = "select audience, entered_at from audiences.membership_changes where profile_id = ? order by all"
        assert [(row["audience"], row["entered_at"]) for row in held["audience_changes"]] == [
            (audience, entered_at.isoformat()) for audience, entered_at in warehouse.execute(entered, [profile_id]).fetchall()
        ]
        own = dict.fromkeys(
            row[0]
            for row in warehouse.execute(
                "select identifier from truth_identifiers where truth_person_id = ? and not shared and link = 'exact'", [person]
            ).fetchall()
        )
        for entity, column in [
            ("generic.contacts", "contact_id"), ("generic.orders", "customer_id"), ("generic.reviews", "customer_id"),
            ("segment.events", "anonymous_id"), ("segment.events", "user_id"),
        ]:  # fmt: skip
            places = _landed(warehouse, f"raw_{entity}", column, own)
            assert places <= {(row["file"], row["row"]) for row in held["raw"].get(entity, [])}, entity
        others = warehouse.execute(
            """select distinct identifier from truth_identifiers
            where identifier_type = 'email' and truth_person_id <> ? and identifier not in
                (select identifier from truth_identifiers where truth_person_id = ?)""",
            [person, person],
        ).fetchall()
        assert [email for (email,) in others if email in text.lower()] == []


def _landed(con: duckdb.DuckDBPyConnection, table: str, column: str, values: dict[str, None]) -> set[tuple[str, int]]:
    rows = con.execute(
        f"select _file, _line from {table} where list_contains($1::varchar[], {column})", [list(values)]
    ).fetchall()
    return set(rows)


def test_an_access_request_is_the_same_twice_and_lands_nowhere_wrong(demo, warehouse, tmp_path):
    """Two answers that differ can't be compared, and one in the landing folder would be loaded."""
    profile_id = warehouse.execute("select min(profile_id) from scores.rfm").fetchone()[0]
    for name in ("one.json", "two.json"):
        assert relance(demo, "explain", profile_id, "--export", tmp_path / name).exit_code == 0
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    for wrong in (demo.landing_path / "person.json", tmp_path / "nowhere" / "person.json"):
        result = relance(demo, "explain", profile_id, "--export", wrong)
        assert result.exit_code == 2 and not wrong.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "two.json"]
