"""Whether somebody may be spoken to: known answers by region, by what was said and with which identifier."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .consent_world import Person, Said, World, ago

A, B, TEL, USER, DEVICE = "email:a@example.com", "email:b@example.com", "phone:+33611111111", "user_id:u1", "anonymous_id:d1"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def someone(**options: Any) -> Person:
    return Person("p", [A, TEL, USER], **options)


def leads(world: World, *rows: tuple[datetime, str | None]) -> World:
    """Leads of one person with their address and number: when they came, and their proof of consent."""
    world.con.execute("delete from unified_leads")
    for at, proof in rows:
        world.con.execute("insert into unified_leads values ('l', 'a@example.com', '+33611111111', ?, ?)", [at, proof])
    return world


CUSTOMER = {"last_sale": ago(100), "last_action": ago(100), "sold_to": ["a@example.com"]}
FORMER = {"last_sale": ago(1200), "last_action": ago(20), "sold_to": ["a@example.com"]}
PRO = {"professional": True, "last_action": ago(30), "at_work": ["a@example.com", "+33611111111"]}

SILENCE = [
    # Region, what is known of the person, purpose → the basis on which silence is no refusal.
    ("fr", {}, "email", None),
    ("fr", CUSTOMER, "email", "soft_opt_in"),
    ("fr", FORMER, "email", None),
    ("fr", PRO, "email", "professional"),
    ("fr", PRO | {"last_action": ago(1200)}, "email", None),
    ("fr", PRO | {"at_work": []}, "email", None),
    ("fr", PRO, "phone", "professional"),
    ("fr", CUSTOMER, "phone", None),
    ("fr", CUSTOMER, "sms", None),
    ("fr", CUSTOMER, "email_tracking", None),
    ("fr", CUSTOMER, "platform_matching", None),
    ("fr", CUSTOMER, "post", "legitimate_interest"),
    ("fr", {}, "post", None),
    ("fr", {}, "profiling", "legitimate_interest"),
    ("eu", CUSTOMER, "email", "soft_opt_in"),
    ("eu", PRO, "email", None),
    ("eu", {}, "ad_user_data", None),
    ("uk", CUSTOMER, "email", "soft_opt_in"),
    ("uk", PRO, "email", "professional"),
    ("uk", PRO, "phone", None),
    ("uk", {}, "trackers", None),
    ("us", {}, "email", "opt_out"),
    ("us", {}, "platform_matching", "opt_out"),
    ("us", {}, "email_tracking", "opt_out"),
    ("us", CUSTOMER, "sms", None),
    ("us", {}, "phone", None),
    ("us", {"last_sale": ago(500), "sold_to": ["+33611111111"]}, "phone", "existing_customer"),
    ("us", {"last_sale": ago(600), "last_action": ago(2), "sold_to": ["+33611111111"]}, "phone", None),
]


def person(number: int, region: str, known: dict[str, Any]) -> Person:
    """Somebody of their own, with an e-mail, a phone and a login."""
    email, phone = f"a{number}@example.com", f"+336{number:08d}"
    names = {"a@example.com": email, "+33611111111": phone}
    known = {key: [names[value] for value in told] if isinstance(told, list) else told for key, told in known.items()}
    return Person(f"p{number}", [f"email:{email}", f"phone:{phone}", f"user_id:u{number}"], region, **known)


def test_what_silence_means(world: World) -> None:
    """Silence taken for a yes where the law says no; or customers not written to where it says yes."""
    world.fill([person(number, region, known) for number, (region, known, _, _) in enumerate(SILENCE)], [])
    found = {row: world.consent(f"p{number}", row[2])[:2] for number, row in enumerate(map(tuple_of, SILENCE))}  # type: ignore[index]
    assert found == {row: ("granted", row[3]) if row[3] else ("unknown", None) for row in map(tuple_of, SILENCE)}


def tuple_of(row: tuple) -> tuple:
    return (row[0], str(row[1]), *row[2:])


@pytest.mark.parametrize("status", ["denied", "withdrawn"])
def test_a_refusal_ends_every_basis(world: World, status: str) -> None:
    """No customer relation and no opt-out regime outweighs a no, whichever identifier it was said with, however long ago."""
    cases = [row for row in SILENCE if row[3]] * 3
    people = [person(number, region, known) for number, (region, known, _, _) in enumerate(cases)]
    said = [
        Said(people[number].identifiers[number % 3], row[2], status, ago(1500), proof=None) for number, row in enumerate(cases)
    ]
    world.fill(people, said)
    for number, row in enumerate(cases):
        found = world.consent(f"p{number}", row[2])
        assert found is not None and found[0] != "granted", row


SAID = [
    # What was said (days ago) → status of the e-mail consent.
    ("newest wins", [("granted", 9), ("denied", 5)], "denied"),
    ("newest wins back", [("denied", 9), ("granted", 5)], "granted"),
    ("a tie is a refusal", [("granted", 5), ("denied", 5)], "denied"),
    ("a proven grant ends a withdrawal", [("withdrawn", 9), ("granted", 5)], "granted"),
    ("an old grant lives by later actions", [("granted", 1500)], "granted"),
]


def answers(world: World, said: list[list[Said]], **known: Any) -> list[str]:
    """Status of the e-mail consent of one person after another, who said these things with A."""
    people = [person(number, "fr", known) for number in range(len(said))]
    world.fill(people, [word._replace(who=people[number].identifiers[0]) for number, words in enumerate(said) for word in words])
    return [world.consent(someone.id, "email")[0] for someone in people]  # type: ignore[index]


def test_the_newest_word_holds(world: World) -> None:
    """A withdrawn consent that still counts is the one mistake that is against the law."""
    said = [[Said(A, "email", word, ago(days)) for word, days in words] for _, words, _ in SAID]
    for words in (said, [each[::-1] for each in said]):
        found = answers(world, words, last_action=ago(10))
        assert dict(zip((row[0] for row in SAID), found, strict=True)) == {row[0]: row[2] for row in SAID}


UNPROVEN = [
    ([("withdrawn", 9, None), ("granted", 5, None)], "withdrawn"),
    ([("withdrawn", 9, None), ("granted", 5, " ")], "withdrawn"),
    ([("withdrawn", 9, None), ("granted", 7, None), ("granted", 5, "log")], "granted"),
    ([("withdrawn", 9, None), ("granted", 7, "log"), ("granted", 5, None)], "granted"),
    ([("withdrawn", 5, None), ("granted", 7, "log")], "withdrawn"),
    ([("withdrawn", 5, None), ("denied", 5, None)], "withdrawn"),
    ([("denied", 9, None), ("granted", 5, None)], "granted"),
    ([("granted", 5, None)], "granted"),
]


def test_an_unproven_grant_never_overrides_a_withdrawal(world: World) -> None:
    """A list bought or typed in by hand would bring back whoever has left."""
    found = answers(world, [[Said(A, "email", word, ago(days), proof) for word, days, proof in words] for words, _ in UNPROVEN])
    assert found == [status for _, status in UNPROVEN]


def test_a_grant_grows_old(world: World) -> None:
    """Three years without a sign of the person are the end of their yes; a click in between keeps it."""
    word = [Said(A, "email", "granted", ago(1200))]
    assert world.fill([someone()], word).consent("p", "email") == ("expired", "statement", A)
    assert world.fill([someone(last_action=ago(1100))], word).consent("p", "email")[0] == "expired"  # type: ignore[index]
    assert world.fill([someone(last_action=ago(1000))], word).consent("p", "email")[0] == "granted"  # type: ignore[index]
    assert world.fill([someone(**CUSTOMER)], word).consent("p", "email")[0] == "granted"  # type: ignore[index]


def test_where_the_policy_asks_for_proof_or_confirmation() -> None:
    """A single opt-in where two steps are the rule, or a grant nobody can show, is none; but it is no refusal either."""
    rules = {"fr": {"email": {"needs_proof": True, "double_opt_in": True}}}
    world = World(policies=rules)
    for proof, by, status in (
        (None, "double_opt_in", "unproven"), ("log", "form", "unproven"), ("log", None, "unproven"),
        ("log", "double opt-in", "granted"), ("log", "DOI", "granted"),
    ):  # fmt: skip
        world.fill([someone()], [Said(A, "email", "granted", ago(5), proof, by)])
        assert world.consent("p", "email") == (status, "statement", A)
    assert world.fill([someone(**CUSTOMER)], [Said(A, "email", "granted", ago(5), None)]).consent("p", "email") == (
        "granted", "soft_opt_in", A,
    )  # fmt: skip


def test_grants_stay_with_their_address_in_a_merge(world: World) -> None:
    """Two records become one person: the yes given for one address must not send mail to the other."""
    both = Person("p", [B, A, USER])
    world.fill([both], [Said(A, "email", "granted", ago(9))])
    assert world.addresses("p", "email") == {"a@example.com": "granted", "b@example.com": "unknown"}
    assert world.consent("p", "email") == ("granted", "statement", A)
    # A proven yes for one address stands beside a no for the other; an unproven one does not.
    world.fill([both], [Said(A, "email", "granted", ago(9)), Said(B, "email", "withdrawn", ago(5))])
    assert world.addresses("p", "email") == {"a@example.com": "granted", "b@example.com": "withdrawn"}
    for days in (1, 20):
        world.fill([both], [Said(A, "email", "granted", ago(9), None), Said(B, "email", "withdrawn", ago(days))])
        assert world.addresses("p", "email") == {"a@example.com": "unproven", "b@example.com": "withdrawn"}
        assert world.consent("p", "email") == ("withdrawn", "statement", B)


def test_what_an_account_says_of_addresses(world: World) -> None:
    """A yes given in an account covers the addresses seen with it; a no covers all; of two others, who knows which was meant."""
    both = Person("p", [A, B, USER, DEVICE])
    yes, no = Said(USER, "email", "granted", ago(9)), Said(USER, "email", "withdrawn", ago(5))
    world.fill([both], [yes], edges=[(USER, A)])
    assert world.addresses("p", "email") == {"a@example.com": "granted", "b@example.com": "unknown"}
    world.fill([both], [yes])
    assert world.addresses("p", "email") == {"a@example.com": "unknown", "b@example.com": "unknown"}
    world.fill([Person("p", [A, USER])], [yes])
    assert world.consent("p", "email") == ("granted", "statement", A)
    world.fill([both], [yes, Said(B, "email", "granted", ago(8)), no], edges=[(USER, A)])
    assert set(world.addresses("p", "email").values()) == {"withdrawn"}
    world.fill([both], [no, Said(B, "email", "granted", ago(2))], edges=[(USER, A)])
    assert world.addresses("p", "email") == {"a@example.com": "withdrawn", "b@example.com": "granted"}


@pytest.mark.parametrize("owner", ["contact_id:c", "lead_id:l", "order_id:o", "customer_id:k", "user_id:u"])
@pytest.mark.parametrize("status", ["denied", "withdrawn"])
def test_a_refusal_reaches_all_who_carry_the_address(world: World, owner: str, status: str) -> None:
    """Whoever wrote `no` from info@… was never heard, since that stands for nobody; nor a child from the parents' address."""
    nobodys, parents = "email:info@example.com", "email:parent@example.com"
    people = [Person("p", [owner, TEL]), Person("q", ["contact_id:q", A]), Person("parent", [parents])]
    edges = [(owner, nobodys), ("contact_id:q", nobodys), (owner, parents), ("anonymous_id:d1", parents)]
    for said, reached in ((nobodys, "pq"), (parents, ["p", "parent"])):
        no = [Said(said, "ads", status, ago(5)), Said(said, "email", status, ago(5))]
        world.fill(people, no, edges)
        assert [world.consent(person, "ads")[0] for person in reached] == [status] * 2  # type: ignore[index]
        assert world.consent("p", "email")[0] == status  # type: ignore[index]
        # The address that it was not said with stays as it was.
        assert world.addresses("q", "email") == {"a@example.com": "unknown"}
        word = "select profile_id, count(*) from consent_statements where purpose = 'ads' group by all"
        assert sorted(world.con.execute(word).fetchall()) == [(person, 1) for person in reached]


def test_a_grant_reaches_the_owner_of_the_address_alone(world: World) -> None:
    """A yes from info@… is nobody's to use; the parent's yes is not the child's."""
    nobodys, parents = "email:info@example.com", "email:parent@example.com"
    people = [Person("p", ["contact_id:c", TEL]), Person("parent", [parents])]
    edges = [("contact_id:c", nobodys), ("contact_id:c", parents)]
    world.fill(people, [Said(nobodys, "ads", "granted", ago(5)), Said(parents, "ads", "granted", ago(5))], edges)
    assert world.consent("parent", "ads")[0] == "granted"  # type: ignore[index]
    assert world.consent("p", "ads")[0] == "unknown"  # type: ignore[index]


def test_a_refusal_by_a_vendors_own_number(world: World) -> None:
    """The list of refusals has the shop's numbers as the shop writes them; unheard, each would be written to again."""
    no, yes = (Said("customer_id:8", "email", status, ago(5)) for status in ("withdrawn", "granted"))
    people = [Person("p", ["contact_id:shopify:8", A]), Person("q", ["customer_id:shopify:9", B]), Person("r", ["customer_id:8"])]
    granted = [Said(A, "email", "granted", ago(9)), Said(B, "email", "granted", ago(9))]
    world.fill(people, [no, *granted])
    assert [world.consent(person, "email")[0] for person in "pqr"] == ["withdrawn", "granted", "withdrawn"]  # type: ignore[index]
    # Customer 8 of the company itself is somebody else, and a grant is nobody's but theirs.
    own = [("customer_id:8", "phone:+33611111112")]
    assert world.fill(people, [no, *granted], own).consent("p", "email")[0] == "granted"  # type: ignore[index]
    assert world.fill(people, [yes]).consent("p", "email")[0] == "unknown"  # type: ignore[index]


def test_customers_are_written_to_where_they_bought(world: World) -> None:
    """The address of a sale is what the law speaks of; another one that a merge brought was never given for it."""
    merged = Person("p", [B, A], last_sale=ago(10), sold_to=["a@example.com"])
    assert world.fill([merged], []).addresses("p", "email") == {"a@example.com": "granted", "b@example.com": "unknown"}
    by_account = Person("p", [B, A], last_sale=ago(10))
    assert world.fill([by_account], []).addresses("p", "email") == {"a@example.com": "unknown", "b@example.com": "granted"}


def test_what_goes_by_person_goes_by_the_newest_word_on_any_device(world: World) -> None:
    """A refusal on the telephone must not be forgotten because the computer never said anything."""
    two = Person("p", [A, DEVICE, "anonymous_id:d2"])
    for purpose in ("trackers", "ads", "profiling"):
        world.fill([two], [Said(DEVICE, purpose, "granted", ago(9)), Said("anonymous_id:d2", purpose, "denied", ago(5))])
        assert world.consent("p", purpose) == ("denied", "statement", "anonymous_id:d2")
        world.fill([two], [Said(DEVICE, purpose, "denied", ago(9))])
        assert world.consent("p", purpose) == ("denied", "statement", DEVICE)


def test_leaving_by_any_door_is_a_withdrawal(world: World) -> None:
    """Whoever unsubscribes, complains or answers STOP has not read the consent form."""
    world.fill(
        [Person("p", [A, TEL, USER, "push_token:t"])], [Said(A, "email", "granted", ago(9)), Said(TEL, "sms", "granted", ago(9))]
    )
    con = world.con
    con.execute("insert into unified_email_events values ('e1', 'a@example.com', 'complained', ?, null, false)", [ago(2)])
    con.execute("insert into unified_message_events values ('m1', 'sms', '+33611111111', 'stop', ?)", [ago(2)])
    con.execute("insert into unified_message_events values ('m2', 'push', 't', 'stop', ?)", [ago(2)])
    world.build()
    assert [world.consent("p", purpose)[0] for purpose in ("email", "sms", "push")] == ["withdrawn"] * 3  # type: ignore[index]
    con.execute("delete from unified_email_events; delete from unified_message_events")
    con.execute("insert into unsubscriptions values ('user_id', 'u1', ?, 'e9')", [ago(1)])
    assert world.build().consent("p", "email") == ("withdrawn", "statement", USER)
    con.execute("delete from unsubscriptions")


def test_every_purpose_of_a_known_person_and_nothing_of_a_silent_visitor(world: World) -> None:
    """A purpose without a row would be one that gates pass over; rows for silent visitors would be most of the table."""
    stranger = Person("v", [DEVICE], known=False, last_action=ago(1))
    world.fill([someone(), stranger], [Said(DEVICE, "trackers", "denied", ago(1))])
    rows = world.con.execute("select profile_id, count(distinct purpose), count(*) from profile_consents group by 1 order by 1")
    assert rows.fetchall() == [("p", 13, 13), ("v", 1, 1)]


def test_objectors_are_not_profiled(world: World) -> None:
    """An objection that leaves the score standing is no objection; silence is none where the policy has a basis for it."""
    people = [Person(name, [f"email:{name}@example.com"]) for name in ("silent", "denied", "withdrawn", "granted")]
    said = [Said(f"email:{name}@example.com", "profiling", name, ago(3)) for name in ("denied", "withdrawn", "granted")]
    world.fill(people, said)
    assert world.con.execute("select profile_id from not_profiled order by 1").fetchall() == [("denied",), ("withdrawn",)]


def test_the_company_may_take_silence_for_a_yes() -> None:
    """`consent.unknown: granted` is a company's own word: it must hold, and never outweigh a refusal."""
    world = World(unknown="granted")
    world.fill([someone(), Person("q", [B])], [Said(B, "ads", "denied", ago(1)), Said(B, "email", "withdrawn", ago(1))])
    assert [world.consent("p", purpose)[:2] for purpose in ("email", "ads", "sms")] == [("granted", "silence")] * 3  # type: ignore[index]
    assert [world.consent("q", purpose)[0] for purpose in ("email", "ads")] == ["withdrawn", "denied"]  # type: ignore[index]


STATEMENTS = st.lists(
    st.builds(
        Said,
        st.sampled_from([A, B, TEL, USER, DEVICE]),
        st.sampled_from(["email", "sms", "profiling", "trackers"]),
        st.sampled_from(["granted", "denied", "withdrawn"]),
        st.sampled_from([ago(days) for days in (1, 1, 2, 3, 1200)]),
        st.sampled_from([None, "log-1", "log-2"]),
        st.sampled_from([None, "form", "banner"]),
    ),
    max_size=30,
)


@settings(max_examples=8)
@given(said=STATEMENTS, shuffle=st.randoms(use_true_random=False), linked=st.booleans())
def test_the_order_of_arrival_never_matters(world: World, said: list[Said], shuffle: random.Random, linked: bool) -> None:
    """A file that comes late or twice would change who gets mail."""
    people, edges = [], []
    told: list[Said] = []
    for number in range(3):
        mine = {who: f"{who}{number}" for who in (A, B, TEL, USER, DEVICE)}
        people.append(Person(f"p{number}", list(mine.values()), last_action=ago(50)))
        edges += [(mine[USER], mine[A])] if linked else []
        told += [word._replace(who=mine[word.who]) for word in said[number::3]]
    expected = world.fill(people, told, edges).everything()
    mixed = [*told, *told[:3]]
    shuffle.shuffle(mixed)
    assert world.fill(people, mixed, edges).everything() == expected


def _by_the_book(said: list[Said], purpose: str, addresses: list[str]) -> str:
    """The rules once more in plain words, for a person without a basis: purposes by person, or by address said with addresses."""
    about = [word for word in said if word.purpose == purpose]
    ever = any(word.status == "withdrawn" for word in about)

    def answer(words: list[Said]) -> str:
        counting = [word for word in words if word.status != "granted" or word.proof or not ever]
        if not counting:
            return "unproven" if words else "unknown"
        newest = max(counting, key=lambda word: (word.at, ("granted", "denied", "withdrawn").index(word.status)))
        return newest.status

    if purpose != "email":
        return answer(about)
    found = {answer([word for word in about if word.who == address]) for address in addresses}
    return next(status for status in ("granted", "withdrawn", "denied", "unproven", "unknown") if status in found)


def test_many_people_by_the_book(world: World) -> None:
    """Every contradiction that a few statements can hold, against the rules written once more."""
    chance = random.Random(5)
    moments: list[datetime] = [ago(days) for days in range(1, 6)]
    people, said = [], []
    for number in range(600):
        own = [f"email:{name}{number}@example.com" for name in "ab"[: chance.randint(1, 2)]]
        people.append(Person(f"p{number}", own))
        said += [
            Said(
                chance.choice(own), chance.choice(["email", "ads", "platform_matching"]),
                chance.choice(["granted", "granted", "denied", "withdrawn"]), chance.choice(moments),
                chance.choice([None, "log"]),
            )
            for _ in range(chance.randint(0, 6))
        ]  # fmt: skip
    world.fill(people, said)
    found = {
        (person, purpose): status
        for person, purpose, status in world.con.execute("select profile_id, purpose, status from profile_consents").fetchall()
    }
    for person in people:
        words = [word for word in said if word.who in person.identifiers]
        for purpose in ("email", "ads", "platform_matching"):
            assert found[person.id, purpose] == _by_the_book(words, purpose, person.identifiers)


def test_a_lead_with_a_proof_may_be_called_and_no_more() -> None:
    """Were a lead's own consent no consent, no lead could be called; were it one for everything, all would be mailed unasked."""
    world = leads(World(), (ago(2), "form-7")).fill([someone()], [])
    assert world.consent("p", "phone") == ("granted", "statement", "phone:+33611111111")
    assert [world.consent("p", purpose)[0] for purpose in ("email", "sms", "post")] == ["unknown"] * 3  # type: ignore[index]
    assert leads(world, (ago(2), None), (ago(3), " ")).build().consent("p", "phone")[0] == "unknown"  # type: ignore[index]
    asked = leads(World(lead_proof=["email", "phone"]), (ago(2), "form-7")).fill([someone()], [])
    assert (asked.consent("p", "email")[0], asked.consent("p", "sms")[0]) == ("granted", "unknown")  # type: ignore[index]


@pytest.mark.parametrize(("refused", "status"), [(ago(1), "denied"), (ago(3), "granted")])
def test_the_newest_word_holds_of_a_lead_too(refused: datetime, status: str) -> None:
    """Whoever asked not to be called after they left the form must not be called; who asks again may be."""
    world = leads(World(), (ago(2), "form-7")).fill([someone()], [Said(TEL, "phone", "denied", refused)])
    assert world.consent("p", "phone")[0] == status  # type: ignore[index]
