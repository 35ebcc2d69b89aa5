"""Probable duplicates and exact rules: found where they are known, and no family made one person."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.check import check_project
from dagster_project.control import Run, write_control
from dagster_project.dbt_run import dbt_build
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.errors import RelanceError
from dagster_project.identity import probable
from dagster_project.identity.probable import SCHEMA, Terms, propose
from dagster_project.loads.load import load_landing
from dagster_project.loads.normalise import normalise_identifiers
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

from .febrl import febrl, figures, person
from .neighbourhood import contact, neighbourhood, table

Pair = tuple[str, str]
HOME = {"street": "ruedelagare", "house": "12", "postal_code": "75011", "city": "paris", "phone": "+33611111111"}


def comparable(records: list[dict[str, str]]) -> list[dict]:
    """FEBRL's records, which have neither accents nor capitals, as the model identity.comparable_contacts has them."""
    rows = []
    for record in records:
        plain = {name: value.replace(" ", "").replace("-", "").replace("'", "") or None for name, value in record.items()}
        number, _, street = record["street"].partition(" ")
        known = {"birth_date": record["birth_date"] or None, "house": number or None, "street": street.replace(" ", "") or None}
        names = {name: plain[name] for name in ("first_name", "last_name", "postal_code", "city")}
        rows.append(contact(record["contact_id"], **names, **known))
    return rows


def exact(records: list[dict[str, str]], *rules: tuple[str, ...]) -> set[Pair]:
    """Who agrees on all columns of a rule with the first who does."""
    found = set()
    for rule in rules:
        first: dict[tuple[str, ...], str] = {}
        for record in records:
            key = tuple(record[column] for column in rule)
            if all(key) and (other := first.setdefault(key, record["contact_id"])) != record["contact_id"]:
                found.add((other, record["contact_id"]))
    return found


def pairs(contacts: list[dict], terms: Terms | None = None) -> dict[Pair, dict]:
    found, _ = propose(table(contacts), terms or Terms())
    return {(row["left_identifier"], row["right_identifier"]): row for row in found.to_pylist()}


@pytest.mark.parametrize("number", [1, 2])
def test_known_duplicates_are_found(number: int):
    """A person entered twice gets each letter twice, and none that depends on what they bought."""
    records = febrl(number)
    found = pairs(comparable(records))
    linked = {ends for ends, row in found.items() if row["status"] == "linked"}
    contacts = [record["contact_id"] for record in records]
    by_rule = exact(records, ("soc_sec_id",), ("first_name", "last_name", "birth_date", "postal_code"))
    precision, _, with_rules = figures(linked | by_rule, contacts)
    assert precision == 1.0
    assert with_rules >= 0.98
    assert all(row["held_back"] or row["probability"] < 0.95 for ends, row in found.items() if ends not in linked)


def test_who_is_entered_twice_is_found_among_families():
    """Typos, maiden names and removals are found; spouses, children, twins and a father's namesake stay people of their own."""
    contacts, person_of = neighbourhood(700, seed=3)
    found = pairs(contacts)
    linked = [ends for ends, row in found.items() if row["status"] == "linked"]
    wrong = [ends for ends in linked if person_of[ends[0]] != person_of[ends[1]]]
    twice = len(contacts) - len(set(person_of.values()))
    assert not wrong
    assert len(linked) >= 0.85 * twice


FAMILIES = {
    "twins": ({"first_name": "leo", "birth_date": "2012-05-06"}, {"first_name": "lea", "birth_date": "2012-05-06"}),
    "twins of like names": (
        {"first_name": "jeanne", "birth_date": "2012-05-06", "is_minor": True},
        {"first_name": "jean", "birth_date": "2012-05-06", "is_minor": True},
    ),
    "father and son": ({"first_name": "paul", "birth_date": "1956-04-09"}, {"first_name": "paul", "birth_date": "1986-11-21"}),
    "spouses": ({"first_name": "marie"}, {"first_name": "thomas"}),
    "child and who may be her mother": (
        {"first_name": "anna", "birth_date": "2010-01-02", "is_minor": True},
        {"first_name": "anna"},
    ),
    "a man and a woman": (
        {"first_name": "dominique", "birth_date": "1970-01-02", "gender": "f"},
        {"first_name": "dominique", "birth_date": "1970-01-02", "gender": "m"},
    ),
    "nameless": ({"birth_date": "1970-01-02"}, {"first_name": "anna"}),
}
BASE = {"first_name": "sidonie", "last_name": "garsalteslet", "birth_date": "1971-03-02"}
TWICE = {
    "typo": ({"first_name": "francoise"}, {"first_name": "francosie"}),
    "maiden name": ({}, {"last_name": "molesbon"}),
    "moved": ({}, {"street": "avenuedesternes", "house": "3", "postal_code": "69003", "city": "lyon"}),
    "names in each other's column": ({}, {"first_name": "garsalteslet", "last_name": "sidonie"}),
    "a digit of the birth date": ({}, {"birth_date": "1971-03-12"}),
}


@pytest.fixture(scope="module")
def judged() -> dict[Pair, dict]:
    """Two hundred households in which nobody is entered twice, and besides, each in a house of its own, the cases above."""
    contacts = neighbourhood(200, twice=0)[0]
    for number, (case, both) in enumerate({**FAMILIES, **TWICE}.items()):
        home = HOME | {"street": f"rue{'abcdefghijkl'[number] * 6}", "phone": f"+3361111{number:04}"}
        shared = home | (BASE if case in TWICE else {"last_name": f"{'bdfghklmnprs'[number] * 2}artel"})
        contacts += [contact(f"{case} {end}", **shared | facts) for end, facts in enumerate(both)]
    man = {"first_name": "sidoine", "last_name": "bofertal", **HOME}
    contacts += [contact(f"man {n}", **man, birth_date=born) for n, born in enumerate(("1950-02-03", "1980-07-21", None))]
    contacts += [
        contact(f"test {n}", first_name="compte", last_name="dessai", **HOME, birth_date="2000-02-02") for n in range(60)
    ]
    return pairs(contacts)


@pytest.mark.parametrize("case", FAMILIES)
def test_a_family_is_not_one_person(judged: dict[Pair, dict], case: str):
    """A pupil's marks would go to the twin, a father's orders to the son."""
    row = judged.get((f"{case} 0", f"{case} 1"))
    assert row is None or row["status"] == "review"


@pytest.mark.parametrize("case", TWICE)
def test_one_person_entered_twice_is_linked(judged: dict[Pair, dict], case: str):
    """These are what the step is there for."""
    row = judged.get((f"{case} 0", f"{case} 1"))
    assert row is not None and row["status"] == "linked" and row["held_back"] is None


def test_nobody_else_is_linked(judged: dict[Pair, dict]):
    """Of a town without duplicates none may be found, nor an account that was entered sixty times draw in its likes."""
    linked = {ends for ends, row in judged.items() if row["status"] == "linked"}
    assert not [ends for ends in linked if ends[0].split()[0] not in {"man", *(case.split()[0] for case in TWICE)}]


def test_a_third_contact_does_not_bring_together_what_contradicts(judged: dict[Pair, dict]):
    """A contact without a birth date that resembles father and son would make one of them."""
    linked = [ends for ends, row in judged.items() if row["status"] == "linked" and ends[0].startswith("man")]
    assert len(linked) == 1 and "man 2" in linked[0]


def test_the_order_of_contacts_changes_nothing():
    """Two machines, or two days, would make other people of the same contacts."""
    contacts = neighbourhood(100, seed=9, twice=0.3)[0]
    assert propose(table(contacts), Terms()) == propose(table(contacts[::-1]), Terms(), {"threads": "1"})


def test_evidence_holds_no_value_of_the_contacts():
    """The list of probable pairs is read by people and tools that need not know who it is."""
    rows = pairs(neighbourhood(100, seed=4, twice=0.3)[0]).values()
    levels = {level for row in rows for level in json.loads(row["evidence"]).values()}
    assert rows
    assert levels <= {level.name for comparison in probable.COMPARISONS for level in comparison.levels}


@pytest.mark.parametrize(
    ("contacts", "note"),
    [
        ([], "name"),
        ([contact("x1", first_name="anna", last_name="lee")], "name"),
        ([contact("x1", email="a@example.com"), contact("x2", email="a@example.com")], "name"),
        ([contact("x1", first_name="anna"), contact("x2", last_name="lee")], "in common"),
        ([contact(name, first_name="anna", last_name="lee", **HOME) for name in ("x1", "x2")], "too few"),
    ],
    ids=["none", "one", "no names", "no common field", "two"],
)
def test_too_little_to_go_by_is_said(contacts: list[dict], note: str):
    """Two rows are no ground for a probability, and an empty table without a word looks like a fault."""
    found, told = propose(table(contacts), Terms())
    assert found.num_rows == 0 and told.contacts == len(contacts)
    assert note in (told.note or "")


TEXTS = (
    st.none() | st.text(max_size=12) | st.sampled_from(["anna", "ana", "lee", "'; drop table", "x" * 10_000, "李", "\x00", "é"])
)


@settings(max_examples=25)
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(("first_name", "last_name", "street", "postal_code", "email"), TEXTS))))
def test_any_text_is_only_a_text(rows: list[dict]):
    """One odd name among a hundred thousand would fail the whole build."""
    contacts = [contact(f"x{n // 2}", **row) for n, row in enumerate(rows)]
    found, told = propose(table(contacts), Terms(0.2, 0.01))
    assert found.schema == SCHEMA
    assert told.linked + told.review == found.num_rows
    assert all(row["left_identifier"] < row["right_identifier"] for row in found.to_pylist())


def test_thresholds_and_rules_are_checked(make_project: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch):
    """A threshold above 1 would link nobody, and no one would know why."""
    for wrong in (
        "probabilistic: {link_above: 1.5}",
        "probabilistic: {link_above: 0.4}",
        "exact_rules: [[]]",
        """exact_rules: [["a'b"]]""",
    ):
        with pytest.raises(RelanceError, match=r"relance\.yml"):
            make_project(f"identity: {{{wrong}}}\n")
    project = make_project("identity: {probabilistic: {enabled: true}}\n")
    monkeypatch.setattr(probable, "find_spec", lambda name: None)
    assert ["relance[match]" in str(mistake) for mistake in check_project(project.config_path).mistakes] == [True]


RULES = """
identity:
  exact_rules: [[soc_sec_id], [first_name, last_name, birth_date, postal_code]]
  probabilistic: {enabled: true}
"""


@dataclass
class Built:
    """FEBRL 3 and a few more contacts, through loads and models."""

    settings: Settings
    contacts: list[str]

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as con:
            return con.execute(sql).fetchall()

    def build(self) -> None:
        with open_warehouse(self.settings) as con:
            write_control(con, self.settings, Run("test", self.settings.moment("2026-03-01")))
        dbt_build(prepare_workspace(self.settings), select=["+edges", "+identifiers"]).raise_if_broken()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    from dagster_project.settings import load_settings

    folder = tmp_path_factory.mktemp("febrl")
    landing = folder / "landing" / "generic" / "contacts"
    landing.mkdir(parents=True)
    (folder / "relance.yml").write_text("company: {name: FEBRL, currency: EUR, timezone: Europe/Paris, country: AU}\n" + RULES)
    records = febrl(3)
    junk = [{"contact_id": f"junk-{n}", "soc_sec_id": "1234567"} for n in range(11)]
    junk += [{"contact_id": f"zeros-{n}", "soc_sec_id": "0000000"} for n in range(2)]
    born = {"created_at": "2026-01-01T00:00:00Z", "soc_sec_id": "FR 77-a"}
    child = born | {"contact_id": "child", "first_name": "Zoé", "last_name": "Q", "birth_date": "2015-01-01"}
    parent = born | {"contact_id": "parent", "first_name": "Yves", "last_name": "Q", "birth_date": "1980-01-01"}
    again = born | {
        "contact_id": "child-again",
        "first_name": "ZOE",
        "last_name": "Q",
        "soc_sec_id": "fr77A",
        "birth_date": "2015-01-01",
    }
    with (landing / "2026-01-01.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*records[0], "created_at"])
        writer.writeheader()
        writer.writerows([*records, *junk, child, parent, again])
    found = Built(load_settings(folder), [record["contact_id"] for record in records])
    with open_warehouse(found.settings) as con:
        load_landing(found.settings, con)
        normalise_identifiers(con, found.settings)
    found.build()
    return found


def test_exact_rules_and_probable_pairs_reach_the_graph(built: Built):
    """The figure that users are promised is that of the graph, not of a function."""
    edges = built.query(
        "select left_identifier, right_identifier, rule from identity.edges where accepted and left_identifier like 'rec-%'"
    )
    rules = [edge[:2] for edge in edges if edge[2].startswith("exact:")]
    assert {edge[2] for edge in edges} >= {
        "exact:soc_sec_id",
        "exact:first_name,last_name,birth_date,postal_code",
        "probabilistic",
    }
    assert figures(rules, built.contacts)[0] == 1.0
    people = built.query(
        """select min(identifier) over (partition by profile_id), identifier from identity.identifiers
        where identifier_type = 'contact_id' and identifier like 'rec-%'"""
    )
    precision, _, score = figures([ends for ends in people if ends[0] != ends[1]], built.contacts)
    assert precision == 1.0 and score >= 0.99
    assert all(person(left) == person(right) for left, right in people)


def test_a_key_that_many_share_joins_nobody(built: Built):
    """`1234567` in the field of a national id would make one person of all who filled it in so."""
    refused = built.query("select refused_reason, count(*) from identity.edges where left_identifier like 'junk-%' group by all")
    assert refused == [("fan_out", 10)]
    alone = built.query(
        "select count(distinct profile_id) from identity.identifiers where identifier like 'junk-%' or identifier like 'zeros-%'"
    )
    assert alone == [(13,)]


def test_a_child_is_not_its_parent_by_a_rule(built: Built):
    """A family's number on all its members is the parents', and a child's spelling differs in case, accents and blanks only."""
    people = built.query(
        "select string_agg(identifier, ' ' order by identifier) from identity.identifiers "
        "where identifier in ('child', 'child-again', 'parent') group by profile_id order by 1"
    )
    assert people == [("child child-again",), ("parent",)]


def test_matching_costs_nothing_where_contacts_are_as_they_were(built: Built, monkeypatch: pytest.MonkeyPatch):
    """News of orders every hour must not mean comparing all contacts every hour."""
    before = built.query("from identity.probable_pairs order by all"), built.query("from identity.matching")
    from dagster_project.identity import dbt_model

    monkeypatch.setattr(dbt_model, "propose", lambda *_: pytest.fail("compared again"))
    dbt_build(prepare_workspace(built.settings), select=["probable_pairs"]).raise_if_broken()
    assert (built.query("from identity.probable_pairs order by all"), built.query("from identity.matching")) == before
