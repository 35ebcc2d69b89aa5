"""A known minor is nobody else: what becomes of addresses and telephones that parents put on their children's records."""

from __future__ import annotations

import hashlib

import pytest

from .world import Link, World

CHILD = ("contact_id", "child")
MAIL, PHONE = ("email", "house@example.com"), ("phone", "+33612345678")
HASH = ("hashed_email", hashlib.sha256(MAIL[1].encode()).hexdigest())
ORDER, DEVICE, LOGIN = ("order_id", "o1"), ("anonymous_id", "d1"), ("user_id", "u1")


def child(name: str = "lea roy", **others: str) -> World:
    """A contact born in 2015; of others, contact_id → name."""
    return World({"child": name, **others}, births={"child": "2015-03-01"})


OTHERS = [
    (MAIL, [Link(ORDER, MAIL, 1, "order")], {}),
    (MAIL, [Link(("customer_id", "child"), MAIL, 1, "order")], {}),
    (MAIL, [Link(DEVICE, MAIL, 1, "given_on_site")], {DEVICE: {"first_name": "Luc", "last_name": "Roy"}}),
    (MAIL, [Link(DEVICE, MAIL, 1, "given_on_site")], {}),
    (MAIL, [Link(LOGIN, MAIL, 1, "given_on_site")], {LOGIN: {"first_name": "Lea", "birth_date": "1985-01-01"}}),
    (MAIL, [Link(HASH, MAIL, 1, "same_address"), Link(ORDER, HASH, 1, "trait")], {}),
    (PHONE, [Link(ORDER, PHONE, 1, "order")], {}),
    (PHONE, [Link(ORDER, PHONE, 1, "order"), Link(ORDER, ("email", "parent@example.com"), 1, "order")], {}),
    (PHONE, [Link(PHONE, ("email", "parent@example.com"), 1, "registration")], {}),
]


@pytest.mark.parametrize(("address", "seen", "said"), OTHERS)
def test_what_somebody_else_bears_joins_no_minor(address, seen, said):
    """A child in the parents' profile gets their messages, and their orders and consents count for the child."""
    world = child()
    for end, traits in said.items():
        world.identify(end, **traits)
    world.tell([Link(CHILD, address, 0, "contact"), *seen])
    other = seen[-1].right if seen[-1].left == address else seen[-1].left
    assert not world.one(CHILD, other) and not world.one(CHILD, address)
    assert world.one(address, other)
    assert world.reasons(CHILD) == {"minor"}


def test_what_is_the_minors_own_stays_theirs():
    """A child who is cut off their own account and devices is several people, each asked for consent anew."""
    account, contact = ("customer_id", "child"), Link(CHILD, MAIL, 0, "contact")
    world = child().identify(("user_id", "lea"), first_name="Léa")
    world.tell([contact, Link(CHILD, PHONE, 0, "contact"), Link(PHONE, MAIL, 0, "registration")])
    assert world.one(CHILD, MAIL, PHONE)
    own = [
        Link(account, CHILD, 1, "same_account"), Link(account, MAIL, 1, "order"), Link(ORDER, account, 1, "order"),
        Link(ORDER, MAIL, 1, "order"), Link(("user_id", "lea"), MAIL, 2, "given_on_site"),
        Link(DEVICE, ("user_id", "lea"), 2, "login"), Link(DEVICE, MAIL, 2, "given_on_site"),
    ]  # fmt: skip
    world.tell(own)
    assert world.one(CHILD, MAIL, PHONE, account, ORDER, DEVICE, ("user_id", "lea")) and world.reasons(CHILD) == set()
    # Once a guest orders with it, everything of the child's lets go of it.
    world.tell([Link(("order_id", "o2"), MAIL, 3, "order")])
    assert world.one(MAIL, ("order_id", "o2")) and world.one(CHILD, account, ORDER)
    assert not any(world.one(MAIL, end) for end in (CHILD, account, ORDER, DEVICE, ("user_id", "lea")))


def test_who_gives_another_name_on_the_minors_device_is_somebody_else():
    """A father who types his e-mail on his daughter's laptop would become her."""
    world = child().identify(DEVICE, first_name="Luc")
    world.tell(
        [Link(CHILD, MAIL, 0, "contact"), Link(LOGIN, CHILD, 0, "same_account"), Link(DEVICE, LOGIN, 1),
         Link(DEVICE, MAIL, 1, "given_on_site")]
    )  # fmt: skip
    assert world.one(CHILD, LOGIN) and not world.one(CHILD, MAIL)
    assert world.reasons(CHILD) == {"minor"}


def test_brothers_and_sisters_stay_two():
    """Two children on their mother's number are two children; one child entered twice is one."""
    world = World(
        {"child": "lea roy", "twin": "tom roy", "again": "lea roy"},
        births=dict.fromkeys(("child", "twin", "again"), "2015-03-01"),
    )
    world.tell([Link(("contact_id", name), MAIL, 0, "contact") for name in ("child", "again")])
    assert world.one(CHILD, ("contact_id", "again"), MAIL)
    world.tell([Link(("contact_id", "twin"), MAIL, 0, "contact")])
    assert not world.one(CHILD, ("contact_id", "twin")) and not world.one(CHILD, MAIL)


def test_somebodys_word_joins_a_minor_nevertheless():
    """Whoever looked at the two records knows better than a rule."""
    world = child()
    world.must = [(CHILD, ORDER)]
    world.tell([Link(CHILD, MAIL, 0, "contact"), Link(ORDER, MAIL, 1, "order")])
    assert world.one(CHILD, ORDER, MAIL)
