"""People as a CRM holds them: households with spouses, children, twins and fathers' namesakes, and some people entered twice."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pyarrow as pa

WOMEN = [
    "marie",
    "emma",
    "louise",
    "chloe",
    "camille",
    "sarah",
    "lea",
    "manon",
    "julie",
    "ines",
    "anna",
    "alice",
    "jeanne",
    "lucie",
    "eva",
    "clara",
    "rose",
    "laura",
    "zoe",
    "nina",
]
MEN = [
    "jean",
    "louis",
    "leo",
    "hugo",
    "paul",
    "jules",
    "adam",
    "gabriel",
    "lucas",
    "arthur",
    "thomas",
    "antoine",
    "noah",
    "malo",
    "theo",
    "victor",
    "simon",
    "martin",
    "remi",
    "samuel",
]
STREETS = [
    "eglise",
    "gare",
    "moulin",
    "lilas",
    "tilleuls",
    "ecoles",
    "jardins",
    "fontaine",
    "chateau",
    "marche",
    "poste",
    "mairie",
    "pres",
    "bois",
    "lavoir",
]
SYLLABLES = [
    "ma",
    "du",
    "ber",
    "le",
    "ro",
    "gi",
    "pe",
    "lam",
    "mo",
    "vin",
    "cha",
    "bo",
    "fer",
    "gar",
    "del",
    "rou",
    "sal",
    "tes",
    "no",
    "re",
]
TOWNS = {"75011": "paris", "69003": "lyon", "33000": "bordeaux", "44000": "nantes", "59000": "lille", "67000": "strasbourg"}
SCHEMA = pa.schema(
    [(name, pa.string()) for name in (
        "contact_id", "source", "first_name", "last_name", "birth_date", "gender", "street", "house", "postal_code", "city",
        "email", "phone",
    )] + [("is_minor", pa.bool_()), ("created_at", pa.timestamp("us"))]
)  # fmt: skip


def contact(contact_id: str, **known: object) -> dict:
    """A comparable contact; what is not given is unknown."""
    return {"contact_id": contact_id, "source": "generic", "is_minor": False, **known}


def table(contacts: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(contacts, schema=SCHEMA)


def surname(number: int, draw: random.Random) -> str:
    """Surnames as they are: a few that many bear, many that few do."""
    rank = int((50 + number) * draw.random() ** 2.5)
    shape = random.Random(rank)
    return "".join(shape.choice(SYLLABLES) for _ in range(2 + rank % 3)) + shape.choice(["", "t", "n", "x", "rd", "s"])


def slip(word: str, draw: random.Random) -> str:
    """A word with a letter lost, doubled, or exchanged for its neighbour."""
    place = draw.randrange(1, len(word) - 1)
    kind = draw.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def neighbourhood(households: int, seed: int = 1, twice: float = 0.05) -> tuple[list[dict], dict[str, int]]:
    """Contacts in random order, and contact_id → person. `twice` is the share of people who are entered a second time."""
    draw = random.Random(seed)
    contacts: list[dict] = []
    person_of: dict[str, int] = {}

    def enter(person: int, facts: dict) -> None:
        contact_id = f"c{draw.getrandbits(40):010x}"
        person_of[contact_id] = person
        contacts.append(contact(contact_id, **facts))

    def born(first: int, last: int) -> date:
        return date(draw.randint(first, last), 1, 1) + timedelta(days=draw.randrange(365))

    person = 0
    for number in range(households):
        name = surname(households // 3, draw)
        postal_code = draw.choice(list(TOWNS))
        home = {"street": "ruede" + draw.choice(STREETS) + draw.choice(STREETS), "house": str(draw.randint(1, 80))}
        home |= {"postal_code": postal_code, "city": TOWNS[postal_code], "last_name": name}
        home["phone"] = f"+336{draw.randrange(10**8):08d}"
        father, mother = draw.choice(MEN), draw.choice(WOMEN)
        members = [("m", father, born(1950, 1985), False), ("f", mother, born(1950, 1985), False)]
        if number % 3 == 0:
            day, (one, other) = born(2008, 2018), draw.sample(WOMEN + MEN, 2)
            members += [("f" if name in WOMEN else "m", name, day, True) for name in (one, other)]
        elif number % 3 == 1:
            members += [("m", father, born(2000, 2005), False)]
        for gender, first_name, birth_date, is_minor in members:
            person += 1
            facts = home | {"first_name": first_name, "birth_date": birth_date.isoformat(), "is_minor": is_minor}
            facts["gender"] = gender if draw.random() < 0.6 else None
            facts["email"] = f"{first_name}.{name}{person}@example.com" if draw.random() < 0.7 else None
            # Of a father and his namesake both birth dates are known: else nobody could tell them from one man entered twice.
            if draw.random() < 0.25 and not is_minor and number % 3 != 1:
                facts["birth_date"] = None
            enter(person, facts)
            if draw.random() >= twice or is_minor:
                continue
            again = dict(facts, email=None)
            change = draw.randrange(4)
            if change == 0:
                again["first_name"] = slip(first_name, draw) if len(first_name) > 3 else first_name
            elif change == 1:
                again["last_name"] = slip(name, draw)
            elif change == 2 and gender == "f":
                again["last_name"] = surname(households, draw)
            else:
                again |= {"street": "ruede" + draw.choice(STREETS), "house": str(draw.randint(1, 80)), "phone": None}
            enter(person, again)
    draw.shuffle(contacts)
    return contacts, person_of
