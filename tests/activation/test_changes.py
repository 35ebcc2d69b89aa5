"""Additions and removals: what a platform holds after taking every file in order is what it should hold, exactly."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from activation_shop import ALL_PURPOSES, Person, Shop, cells, people, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.activation.activations import Activation
from dagster_project.activation.build import ActivationResult

pytestmark = pytest.mark.usefixtures("unchecked")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_changed_address_removes_the_old_as_it_was_sent_and_adds_the_new(shop: Shop) -> None:
    """The platform knows the person by the old address only: without it the removal fails and the person stays for ever."""
    shop.fill([*people(2), Person("ann", ["ann@old.example"], ["+33612345678"])])
    shop.run()
    shop.fill([*people(2), Person("ann", ["ann@new.example"], ["+33612345678"])])
    result = shop.run()
    assert [row[0] for row in rows(result, "remove.csv")] == [sha("ann@old.example")]
    assert [row[0] for row in rows(result, "add.csv")] == [sha("ann@new.example")]
    assert rows(result, "remove.csv")[0][3] == sha("33612345678")
    assert shop.ledger()[-2:] == [("remove", "changed", "ann"), ("add", "changed", "ann")]


def test_a_removal_outlives_the_person_in_the_warehouse(shop: Shop) -> None:
    """After an erasure nothing of the person is left to build a removal from, but the platform still has them."""
    shop.fill(people(4))
    sent = {tuple(row) for row in rows(shop.run(), "add.csv")}
    for table in ("audiences.members", "profiles.profiles", "profiles.consents", "identity.identifiers", "activation.match_keys"):
        shop.con.execute(f"delete from {table}")
    removed = {tuple(row) for row in rows(shop.run(), "remove.csv")}
    assert removed == sent


def test_merged_people_stay_and_a_split_adds_back(shop: Shop) -> None:
    """Removing one half of a merged person drops the whole person at the platform unless the rest is sent again."""
    one, two = Person("one", ["one@example.com"]), Person("two", ["two@example.com"])
    shop.fill([one, two])
    shop.run()
    shop.fill([Person("one", ["one@example.com", "two@example.com"])])
    merged = shop.run()
    assert (len(rows(merged, "remove.csv")), len(rows(merged, "add.csv"))) == (2, 1)
    shop.fill([one, two])
    split = shop.run()
    assert (len(rows(split, "remove.csv")), len(rows(split, "add.csv"))) == (1, 2)


def test_a_renamed_profile_moves_nothing(shop: Shop) -> None:
    """profile_id is our name for a person, not the platform's: a rename must not send everybody twice."""
    shop.fill([Person("before", ["ann@example.com"])])
    shop.run()
    shop.fill([Person("after", ["ann@example.com"])])
    assert shop.run().status == "unchanged"


def test_who_shares_an_identifier_with_a_leaver_is_added_again(shop: Shop) -> None:
    """A couple of one name at one address: removing one by address drops the other at the platform."""
    google = shop.activation("google_customer_match")
    home = {"first_name": "Sam", "last_name": "Roy", "postal_code": "75001"}
    shop.fill([Person("a", ["a@example.com"], **home), Person("b", ["b@example.com"], **home), *people(3)])
    shop.run(google)
    shop.fill([Person("b", ["b@example.com"], **home), *people(3)])
    result = shop.run(google)
    assert shop.ledger()[-2:] == [("remove", "left", "a"), ("add", "restored", "b")]
    assert [row[0] for row in rows(result, "add.csv")] == [sha("b@example.com")]
    shop.fill([Person("b", ["b@example.com"], **home), Person("c", ["c@example.com"], **home)])
    shop.run(google)
    shop.fill([Person("b", ["b@example.com"], **home)])
    due = shop.run(google, days=500)
    assert (due.adds, len(rows(due, "add.csv")), due.removes) == (1, 1, 1)


def test_without_an_add_file_who_shares_is_removed_too(shop: Shop) -> None:
    """If the add file may not leave, the ledger must not claim the platform still has the person."""
    home = {"first_name": "Sam", "last_name": "Roy", "postal_code": "75001"}
    shop.fill([Person("a", ["a@example.com"], **home), Person("b", ["b@example.com"], **home), *people(3)])
    shop.run(shop.activation("google_customer_match"))
    shop.fill([Person("b", ["b@example.com"], **home), *people(3)])
    few = shop.activation("google_customer_match", minimum_rows=50)
    assert shop.run(few).removes == 2
    assert set(shop.ledger()[-2:]) == {("remove", "left", "a"), ("remove", "shared", "b")}
    assert shop.run(shop.activation("google_customer_match")).adds == 1


def test_a_changed_name_updates_a_contact_and_removes_nobody(shop: Shop) -> None:
    """In a mailing tool the name is no identifier: removing a contact to rename it would lose its history."""
    brevo = shop.activation("brevo")
    shop.fill([Person("a", ["a@example.com"], first_name="Ann")])
    shop.run(brevo)
    shop.fill([Person("a", ["a@example.com"], first_name="Anna")])
    result = shop.run(brevo)
    assert rows(result, "add.csv", ";") == [["a@example.com", "Anna", ""]]
    assert result.removes == 0
    shop.fill([])
    assert cells((shop.run(brevo).folder or Path()) / "remove.csv", ";") == [["EMAIL"], ["a@example.com"]]


def test_members_are_sent_again_before_the_platform_forgets_them(shop: Shop) -> None:
    """Google drops members after 540 days: a person still wanted would silently vanish."""
    google = shop.activation("google_customer_match")
    shop.fill(people(2))
    shop.run(google)
    assert shop.run(google, days=499).status == "unchanged"
    assert (shop.run(google, days=1).adds, shop.ledger()[-1][:2]) == (2, ("add", "refresh"))


def test_full_mode_sends_everybody_once_there_is_news_and_the_leavers_apart(shop: Shop) -> None:
    """A full list that is sent without news costs an upload a day; leavers left out would stay in a list that only grows."""
    full = shop.activation(mode="full")
    shop.fill(people(5))
    assert shop.run(full).rows == 5
    assert shop.run(full).status == "unchanged"
    shop.fill(people(5, start=1))
    result = shop.run(full)
    assert (len(rows(result, "full.csv")), len(rows(result, "remove.csv")), result.adds) == (5, 1, 1)


def test_only_the_address_the_grant_was_given_for(shop: Shop) -> None:
    """A yes given with one address is none for another of the same person."""
    shop.fill([Person("a", ["first@example.com", "second@example.com"], consented_email="second@example.com")])
    assert rows(shop.run(shop.activation("brevo")), "add.csv", ";") == [["second@example.com", "", ""]]


def test_a_grant_that_names_an_address_covers_no_other_of_its_kind(shop: Shop) -> None:
    """Two records became one person: a platform must not be told the address whose owner never agreed to that."""
    person = Person("a", ["first@example.com", "second@example.com"], ["+33611111111"], consented_email="second@example.com")
    shop.fill([person])
    row = rows(shop.run(), "add.csv")[0]
    assert sha("second@example.com") in row and sha("33611111111") in row
    assert sha("first@example.com") not in row


def test_addresses_that_may_not_be_mailed_stay_home(shop: Shop) -> None:
    """Somebody who may be mailed at one address may have left at the other, or have no address that is granted any more."""
    shop.fill([Person("a", ["left@example.com", "stays@example.com"]), Person("b", ["b@example.com"])])
    shop.con.execute(
        "update profiles.identifier_consents set status = 'withdrawn' where identifier in ('left@example.com', 'b@example.com')"
    )
    result = shop.run(shop.activation("brevo"))
    assert [row[0] for row in rows(result, "add.csv", ";")] == ["stays@example.com"]
    assert result.suppressed["identifier"] == 1


def test_somebody_with_400_addresses_takes_the_columns_there_are(shop: Shop) -> None:
    """One strange profile must neither widen the file nor stop it; the person's main address comes first."""
    emails = ["zzz@example.com", *(f"m{n:03d}@example.com" for n in range(400))]
    shop.fill([Person("a", emails)])
    row = rows(shop.run(), "add.csv")[0]
    assert row[0] == sha("zzz@example.com")
    assert len({*row[:3]} & {sha(email) for email in emails}) == 3
    assert len(row) == 9


def test_of_400_addresses_a_list_of_identifiers_takes_ten_and_keeps_them(shop: Shop) -> None:
    """Where each address is a row, one person must not fill the list; and another order of theirs is no change."""
    emails = ["zzz@example.com", *(f"m{n:03d}@example.com" for n in range(400))]
    shop.fill([Person("a", emails), *people(1)])
    criteo = shop.activation("criteo", match_keys=("email",))
    result = shop.run(criteo)
    sent = {line[0] for line in cells(result.files[0])}
    assert (result.adds, result.rows) == (11, 11)
    assert sha("zzz@example.com") in sent and sent <= {sha(email) for email in [*emails, "person0000@example.com"]}
    shop.fill([*people(1), Person("a", [emails[0], *reversed(emails[1:])])])
    assert shop.run(criteo).status == "unchanged"
    shop.fill(people(1))
    assert shop.run(criteo).removes == 10


def test_match_keys_changed_in_the_yaml_are_removed_as_they_were_sent(shop: Shop) -> None:
    """Who takes the phone out of an activation still has to remove the phones that were sent."""
    shop.fill([Person("a", ["a@example.com"], ["+33612345678"])])
    shop.run()
    result = shop.run(shop.activation(match_keys=("email",)))
    removal = cells((result.folder or Path()) / "remove.csv")
    assert removal[0].count("phone") == 1
    assert sha("33612345678") in removal[1]
    assert cells((result.folder or Path()) / "add.csv")[0] == ["email", "email", "email"]


def test_lost_outbox_is_told_and_the_rest_goes_on(shop: Shop) -> None:
    """A removal that can't be written must stand out as a failed check, and stay in the ledger as held."""
    shop.fill(people(3))
    shop.run()
    for path in (shop.settings.state_path / "outbox").rglob("*.parquet"):
        path.unlink()
    shop.fill(people(3, start=1))
    result = shop.run()
    assert [check.name for check in result.checks if not check.passed] == ["outbox"]
    assert (result.adds, result.removes, result.held) == (1, 0, 4)
    assert shop.run().status == "failed"


@dataclass
class Platform:
    """A platform that recognises a person by any identifier in a row: a removal drops every row that shares one."""

    activation: Activation
    held: set[tuple[str, ...]] = field(default_factory=set)
    header: list[str] = field(default_factory=list)

    def tokens(self, row: tuple[str, ...], header: list[str]) -> set[tuple[str, ...]]:
        named: dict[str, list[str]] = {}
        for name, cell in zip(header, row, strict=True):
            if cell:
                named.setdefault(name, []).append(cell)
        headers = {column.key: column.header for column in self.activation.destination.columns}
        found: set[tuple[str, ...]] = set()
        for needed in self.activation.destination.required_any:
            for cells_ in itertools.product(*(named.get(headers[key], []) for key in needed)):
                found.add((needed[0], *cells_))
        return found

    def take(self, result: ActivationResult) -> None:
        for name in ("remove.csv", "add.csv", "full.csv"):
            path = result.folder / name if result.folder else None
            if path is None or not path.exists():
                continue
            header, *body = cells(path)
            if name == "remove.csv":
                gone = set().union(*(self.tokens(tuple(row), header) for row in body))
                self.held = {row for row in self.held if not self.tokens(row, self.header) & gone}
            else:
                self.header = header
                self.held |= {tuple(row) for row in body}


EMAILS = [f"e{n}@example.com" for n in range(6)]
PHONES = [f"+3361234567{n}" for n in range(3)]


@st.composite
def worlds(draw: st.DrawFn) -> list[Person]:
    """Six people among whom e-mails, phones and one address wander; consent, age, holdout and suppression come and go."""
    owners = draw(st.lists(st.integers(-1, 5), min_size=9, max_size=9))
    everybody = []
    for n in range(6):
        flag = draw(st.sampled_from(["in", "in", "in", "in", "out", "holdout", "suppressed", "minor", "refused", "withdrawn"]))
        consents = {"refused": {}, "withdrawn": dict.fromkeys(ALL_PURPOSES, "granted") | {"platform_matching": "withdrawn"}}
        name = draw(st.sampled_from([None, "Ann", "Bob"]))
        everybody.append(
            Person(
                f"p{n}",
                [email for email, owner in zip(EMAILS, owners, strict=False) if owner == n],
                [phone for phone, owner in zip(PHONES, owners[6:], strict=True) if owner == n],
                first_name=name,
                last_name="Roy",
                postal_code="75001",
                birth_date=date(2015, 1, 1) if flag == "minor" else None,
                holdout=flag == "holdout",
                suppressed=flag == "suppressed",
                member=flag != "out",
                consents=consents.get(flag, dict.fromkeys(ALL_PURPOSES, "granted")),
            )
        )
    return everybody


def allowed(person: Person) -> bool:
    granted = all(person.consents.get(purpose) == "granted" for purpose in ALL_PURPOSES)
    return person.member and granted and not (person.holdout or person.suppressed or person.birth_date)


def wanted(person: Person, google: bool) -> tuple[str, ...] | None:
    """The row a person should have, worked out apart from the code under test."""
    emails = sorted(sha(email) for email in person.emails[1:])
    emails = [sha(email) for email in person.emails[:1]] + emails
    phones = [sha(phone if google else phone[1:]) for phone in person.phones[:1]]
    phones += sorted(sha(phone if google else phone[1:]) for phone in person.phones[1:])
    padded = [*(emails + [""] * 3)[:3], *(phones + [""] * 3)[:3]]
    name = sha(person.first_name.lower()) if person.first_name else ""
    if google:
        address = [name, sha("roy"), "FR", "75001"] if name else [""] * 4
        return (*padded, *address) if any([*padded, name]) else None
    return (*padded, name, sha("roy"), sha("fr")) if any(padded) else None


@settings(max_examples=20)
@given(
    google=st.booleans(),
    mode=st.sampled_from(["delta", "delta", "full"]),
    history=st.lists(st.tuples(worlds(), st.sampled_from([1, 1, 3])), min_size=2, max_size=4),
)
def test_any_history_leaves_the_platform_with_exactly_whom_it_should_hold(
    google: bool, mode: str, history: list[tuple[list[Person], int]]
) -> None:
    """Over any sequence of worlds: nobody forbidden in a file, nobody forbidden left behind, nobody wanted missing."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "project", ":memory:")
        destination = "google_customer_match" if google else "meta_custom_audience"
        platform = Platform(shop.activation(destination))
        for everybody, minimum in history:
            shop.fill(everybody)
            result = shop.run(shop.activation(destination, mode, minimum_rows=minimum))
            should = {row for person in everybody if allowed(person) and (row := wanted(person, google))}
            for name in ("add.csv", "full.csv"):
                assert {tuple(row) for row in rows(result, name)} <= should
            platform.take(result)
            assert platform.held <= should
            if len(should) >= minimum:
                assert platform.held == should
            assert result.held == len(platform.held)
        shop.con.close()
