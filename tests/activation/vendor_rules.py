"""What each destination asks of its columns of people, written from its documentation a second time, apart from the code."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from tricky_identities import Identity


def fold(*domains: str) -> Callable[[str], str | None]:
    def folded(address: str) -> str | None:
        local, _, domain = address.rpartition("@")
        if domain in domains:
            local = local.partition("+")[0].replace(".", "")
        return f"{local}@{domain}" if local else None

    return folded


def ascii_only(address: str) -> str | None:
    kept = re.sub(r"[^a-z0-9.@-]", "", address)
    return kept if address.isascii() and kept[0] != "@" else None


def tool_address(address: str) -> str | None:
    """Spreadsheets run what begins so; and no tool takes separators in an address."""
    return None if address[0] in "=+-@" or any(c in address for c in ';,"') else address


def same(value: str) -> str:
    return value


def ascii_name(name: str) -> str | None:
    """Letters a to z and digits: accents are no letters of their own, but ø, ł, ß and other scripts have no such form."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    kept = "".join(c for c in bare if c.isalnum())
    return kept if kept.isascii() and any(c.isalpha() for c in kept) else None


@dataclass(frozen=True)
class Rule:
    """What a destination's documentation asks of one column."""

    field: str
    form: str
    """hex, base64 or plain."""
    make: Callable[[str], str | None] = same

    def cell(self, person: Identity) -> str:
        value = getattr(person, self.field)
        made = self.make(value) if value else None
        if not made:
            return ""
        digest = hashlib.sha256(made.encode()).digest()
        return {"plain": made, "hex": digest.hex(), "base64": base64.b64encode(digest).decode()}[self.form]


GOOGLE_EMAIL = Rule("email", "hex", fold("gmail.com", "googlemail.com"))
TRADE_EMAIL = Rule("email", "base64", fold("gmail.com"))
PHONE, DIGITS = Rule("phone", "hex"), Rule("phone", "hex", lambda number: number[1:])
EMAIL, PLAIN_EMAIL, PLAIN_PHONE = Rule("email", "hex"), Rule("email", "plain", tool_address), Rule("phone", "plain")
GOOGLE_ADDRESS = ("first_name", "last_name", "country", "zip")
AMAZON_ADDRESS = ("first_name", "last_name", "city", "zip")

RULES: dict[tuple[str, str], dict[str, Rule]] = {
    ("google_customer_match", ""): {
        "email": GOOGLE_EMAIL, "phone": PHONE, "first_name": Rule("first", "hex"), "last_name": Rule("last", "hex"),
        "country": Rule("country", "plain"), "zip": Rule("zip", "plain"),
    },
    ("meta_custom_audience", ""): {
        "email": EMAIL, "phone": DIGITS, "first_name": Rule("first", "hex"), "last_name": Rule("last", "hex"),
        "zip": Rule("short_zip", "hex"), "city": Rule("city", "hex"), "country": Rule("country", "hex", str.lower),
        "gender": Rule("gender", "hex"),
    },
    ("tiktok", ""): {"email": EMAIL, "phone": PHONE},
    ("dynamic_ads", ""): {"email": EMAIL, "phone": PHONE},
    ("linkedin_contacts", ""): {"email": EMAIL},
    ("criteo", "email"): {"email": EMAIL},
    ("pinterest", "email"): {"email": EMAIL},
    ("snapchat", "email"): {"email": EMAIL},
    ("snapchat", "phone"): {"phone": DIGITS},
    ("x_ads", "email"): {"email": EMAIL},
    ("x_ads", "phone"): {"phone": PHONE},
    ("microsoft_ads", "email"): {"email": EMAIL},
    ("uid2", "email"): {"email": TRADE_EMAIL},
    ("uid2", "phone"): {"phone": Rule("phone", "base64")},
    ("euid", "email"): {"email": TRADE_EMAIL},
    ("euid", "phone"): {"phone": Rule("phone", "base64")},
    ("amazon_ads", ""): {
        "email": Rule("email", "hex", ascii_only), "phone": DIGITS, "first_name": Rule("first", "hex", ascii_name),
        "last_name": Rule("last", "hex", ascii_name), "city": Rule("ascii_city", "hex"), "zip": Rule("short_zip", "hex"),
    },
    ("mailchimp", ""): {"email": PLAIN_EMAIL},
    ("klaviyo", ""): {"email": PLAIN_EMAIL},
    ("brevo", ""): {"email": PLAIN_EMAIL},
    ("hubspot", ""): {"email": PLAIN_EMAIL},
    ("activecampaign", ""): {"email": PLAIN_EMAIL},
    ("salesforce_mc", ""): {"email": PLAIN_EMAIL},
    ("customer_io", ""): {"email": PLAIN_EMAIL},
    ("salesforce_mc_mobile", ""): {"phone": Rule("phone", "plain", lambda number: number[1:])},
    ("sms", ""): {"phone": PLAIN_PHONE},
    ("whatsapp", ""): {"phone": Rule("phone", "plain", lambda number: number[1:])},
    ("call_list", ""): {"phone": PLAIN_PHONE},
}  # fmt: skip
"""Destination and, where a file has one kind of identifier, which → its columns of e-mails, numbers, names and places."""

RECORDS: dict[tuple[str, str], Rule] = {
    ("google_offline_conversions", "email"): GOOGLE_EMAIL,
    ("google_offline_conversions", "phone"): PHONE,
    ("meta_offline_conversions", "email"): EMAIL,
    ("meta_offline_conversions", "phone"): DIGITS,
    ("meta_offline_conversions", "first_name"): Rule("first", "hex"),
    ("meta_offline_conversions", "last_name"): Rule("last", "hex"),
    ("meta_offline_conversions", "city"): Rule("city", "hex"),
    ("meta_offline_conversions", "zip"): Rule("short_zip", "hex"),
    ("meta_offline_conversions", "country"): Rule("country", "hex", str.lower),
    ("meta_offline_conversions", "gender"): Rule("gender", "hex"),
}
"""Destination of records and its column of people."""

ELSEWHERE = {"advertising_id", "state", "birth_date"}
"""Hashed columns that test_destinations.py and test_normalisers.py judge."""

WITHOUT_CONTACTS = {"google_mobile_ids", "push", "linkedin_companies"}
"""Destinations of devices and companies."""

TOGETHER = {"google_customer_match": GOOGLE_ADDRESS, "amazon_ads": AMAZON_ADDRESS}
EUROPE = set(re.findall("..", "ATBEBGCHCYCZDEDKEEESFIFRGBGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISK"))


def expected_rows(destination: tuple[str, str], people: list[Identity]) -> set[tuple[str, ...]]:
    rules = RULES[destination]
    rows = set()
    for person in people:
        if destination[0] == "uid2" and (person.country is None or person.country in EUROPE):
            continue
        if destination[0] == "euid" and (person.country is None or person.country not in EUROPE - {"CH"}):
            continue
        cells = {key: rule.cell(person) for key, rule in rules.items()}
        together = TOGETHER.get(destination[0], ())
        if not all(cells[key] for key in together):
            cells |= dict.fromkeys(together, "")
        if cells.get("email") or cells.get("phone") or (together and cells[together[0]]):
            rows.add(tuple(cells.values()))
    return rows
