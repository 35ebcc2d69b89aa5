"""Every shipped destination's file, whole: header and first row of one tricky person, through gates, rows, checks and writing."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from activation_shop import Person, Shop, cells, shipped_destinations

from dagster_project.consent.policy import PURPOSES

DEVICE, OTHER = "6D92078A-8246-4BA4-AE5B-76104861E7DC", "00000000-0000-0000-0000-000000000000"
ZOE = Person(
    "zoe", ["zo.e+shop@gmail.com"], ["+33612345678"], "Zoé", "O'Brien", "42000", "FR", "Saint-Étienne", date(1990, 2, 28),
    consents=dict.fromkeys(PURPOSES, "granted"),
)  # fmt: skip


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def b64(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


EMAIL, MADID = "zo.e+shop@gmail.com", DEVICE.lower()
EXPECTED: dict[tuple[str, str | None], list[list[str]]] = {
    ("google_customer_match", None): [
        ["Email"] * 3 + ["Phone"] * 3 + ["First Name", "Last Name", "Country", "Zip"],
        [sha("zoe@gmail.com"), "", "", sha("+33612345678"), "", "", sha("zoé"), sha("o'brien"), "FR", "42000"],
    ],
    ("google_mobile_ids", None): [["Mobile Device ID"], [MADID]],
    ("meta_custom_audience", None): [
        ["email"] * 3 + ["phone"] * 3 + ["fn", "ln", "zip", "ct", "st", "country", "dob", "gen"] + ["madid"] * 3 + ["value"],
        [sha(EMAIL), "", "", sha("33612345678"), "", "", sha("zoé"), sha("o'brien"), sha("42000"), sha("saintétienne"), "",
         sha("fr"), sha("19900228"), "", MADID, "", "", "120.00"],
    ],
    ("tiktok", None): [
        ["Email_SHA256"] * 3 + ["Phone_SHA256"] * 3 + ["MAID_SHA256"] * 3,
        [sha(EMAIL), "", "", sha("+33612345678"), "", "", sha(MADID), "", ""],
    ],
    ("linkedin_contacts", None): [
        ["email", "firstname", "lastname", "jobtitle", "employeecompany", "country", "googleaid"],
        [sha(EMAIL), "Zoé", "O'Brien", "Buyer", "Käse & Co", "FR", MADID],
    ],
    ("linkedin_companies", None): [["companyname", "companycountry"], ["Käse & Co", "FR"]],
    ("criteo", "email"): [[sha(EMAIL)]],
    ("criteo", "advertising_id"): [[MADID]],
    ("pinterest", "email"): [[sha(EMAIL)]],
    ("pinterest", "advertising_id"): [[sha(MADID)]],
    ("snapchat", "email"): [[sha(EMAIL)]],
    ("snapchat", "phone"): [[sha("33612345678")]],
    ("snapchat", "advertising_id"): [[sha(MADID)]],
    ("x_ads", "email"): [[sha(EMAIL)]],
    ("x_ads", "phone"): [[sha("+33612345678")]],
    ("x_ads", "advertising_id"): [[sha(MADID)]],
    ("microsoft_ads", None): [
        ["Type", "Sub Type", "Text", "Action Type"], ["Customer List Item", "Email", sha(EMAIL), "Add"],
    ],
    ("euid", "email"): [[b64("zoe@gmail.com")]],
    ("euid", "phone"): [[b64("+33612345678")]],
    ("uid2", "email"): [[b64("zoe@gmail.com")]],
    ("amazon_ads", None): [
        ["email", "phone", "first_name", "last_name", "city", "postal_code"],
        [sha("zo.eshop@gmail.com"), sha("33612345678"), sha("zoe"), sha("obrien"), sha("saintetienne"), sha("42000")],
    ],
    ("brevo", None): [["EMAIL", "FIRSTNAME", "LASTNAME"], [EMAIL, "Zoé", "O'Brien"]],
    ("mailchimp", None): [
        ["Email Address", "First Name", "Last Name", "Birthday", "Country", "Customer Tier"],
        [EMAIL, "Zoé", "O'Brien", "02/28", "FR", "best"],
    ],
    ("klaviyo", None): [
        ["Email", "First Name", "Last Name", "Country", "Birthday", "Customer Tier"],
        [EMAIL, "Zoé", "O'Brien", "FR", "1990-02-28", "best"],
    ],
    ("hubspot", None): [
        ["Email", "First Name", "Last Name", "Phone Number", "Company Name", "Job Title", "Customer Tier"],
        [EMAIL, "Zoé", "O'Brien", "+33612345678", "Käse & Co", "Buyer", "best"],
    ],
    ("activecampaign", None): [
        ["Email", "First Name", "Last Name", "Birthday", "Tags"], [EMAIL, "Zoé", "O'Brien", "1990-02-28", "best"],
    ],
    ("salesforce_mc", None): [["First Name", "Last Name", "Customer Tier", "Email Address"], ["Zoé", "O'Brien", "best", EMAIL]],
    ("salesforce_mc_mobile", None): [["_MobileNumber", "_Locale"], ["33612345678", "FR"]],
    ("customer_io", None): [["email", "first_name", "last_name", "customer_tier"], [EMAIL, "Zoé", "O'Brien", "best"]],
    ("sms", None): [["PHONE", "FIRST_NAME"], ["+33612345678", "Zoé"]],
    ("whatsapp", None): [["PHONE", "FIRST_NAME"], ["33612345678", "Zoé"]],
    ("push", None): [["TOKEN"], ["dQw4:w9WgXcQ"]],
    ("call_list", None): [["PHONE", "FIRST_NAME", "LAST_NAME", "CITY"], ["+33612345678", "Zoé", "O'Brien", "Saint-Étienne"]],
}  # fmt: skip


@pytest.fixture
def known(shop: Shop) -> Shop:
    """A shop that knows everything of one person."""
    return fill(shop, ZOE)


def fill(shop: Shop, *everybody: Person) -> Shop:
    shop.fill(list(everybody))
    told = [(kind, value, "zoe") for kind, value in [
        ("advertising_id", DEVICE), ("advertising_id", OTHER), ("push_token", "dQw4:w9WgXcQ"),
    ]]  # fmt: skip
    shop.con.executemany("insert into identity.identifiers values (?, ?, ?)", told)
    shop.con.executemany(
        "insert into profiles.identifier_consents values ('zoe', ?, 'phone', '+33612345678', 'granted')",
        [("sms",), ("whatsapp",), ("phone",)],
    )
    for column in ("company", "visiting_company", "job_title"):
        shop.con.execute(f"alter table profiles.profiles add column if not exists {column} varchar")
    shop.con.execute("update profiles.profiles set company = 'Käse & Co', job_title = 'Buyer' where profile_id = 'zoe'")
    shop.con.execute(
        """create schema if not exists scores;
        create or replace table scores.customers as select 'zoe' as profile_id, 'best' as tier_name;
        create or replace table scores.clv as select 'zoe' as profile_id, 120.5::decimal(18, 4) as clv_12m"""
    )
    return shop


def test_every_shipped_destination_is_among_these() -> None:
    """A destination without a known file could ship with a header off by a letter."""
    # Files with the products to show are those of tests/feeds/test_products_to_show.py.
    assert {name for name, _ in EXPECTED} | {"dynamic_ads"} == set(shipped_destinations())


@pytest.mark.parametrize(("name", "key"), EXPECTED, ids=[f"{name}-{key}" if key else name for name, key in EXPECTED])
def test_the_file_is_the_destination_s(shop: Shop, name: str, key: str | None) -> None:
    """A header off by a letter, a hash of another form, and the platform takes nothing or matches nobody."""
    fill(shop, replace(ZOE, country="US", phones=[]) if name == "uid2" else ZOE)
    keys = (key,) if key else tuple(shipped_destinations()[name].keys)
    result = shop.run(shop.activation(name, match_keys=keys))
    assert result.status == "published" and result.passed
    assert cells(add_file(result.files), shipped_destinations()[name].file.delimiter) == EXPECTED[name, key]


@pytest.mark.parametrize("name", ["microsoft_ads", "snapchat", "push", "google_mobile_ids"])
def test_an_identifier_that_is_gone_is_removed_alone(known: Shop, name: str) -> None:
    """Where a row is an identifier, one new e-mail must not take the old one's row for the whole person."""
    spec = shipped_destinations()[name]
    keys = ("email",) if "email" in spec.keys else tuple(spec.keys)
    first = known.run(known.activation(name, match_keys=keys))
    kind = spec.column(keys[0]).field
    new = {"email": "second@example.com", "advertising_id": MADID.replace("6", "7"), "push_token": "new:token"}[kind]
    known.con.execute("insert into identity.identifiers values (?, ?, 'zoe')", [kind, new])
    if kind == "email":
        known.con.execute("update profiles.profiles set email = 'second@example.com'")
        known.con.execute("delete from identity.identifiers where identifier_type = 'email' and identifier <> ?", [new])
    second = known.run(known.activation(name, match_keys=keys))
    assert (first.adds, second.adds, second.removes) == (1, 1, 1 if kind == "email" else 0)
    if name == "microsoft_ads":
        removed = next(path for path in second.files if path.name == "remove.csv")
        assert cells(removed)[1] == ["Customer List Item", "Email", sha(EMAIL), "Remove"]


@pytest.mark.parametrize(
    ("name", "country", "taken"),
    [("uid2", "US", 1), ("uid2", "FR", 0), ("uid2", None, 0), ("euid", "FR", 1), ("euid", "US", 0), ("euid", None, 0)],
)
def test_people_of_other_countries_stay_out(shop: Shop, name: str, country: str | None, taken: int) -> None:
    """UID2 takes nobody from the EEA, the UK and Switzerland, EUID nobody else; whose country is unknown may be either."""
    fill(shop, replace(ZOE, country=country))
    result = shop.run(shop.activation(name, match_keys=("email",)))
    assert result.adds == taken and result.suppressed["consent"] == 1 - taken


def test_who_has_no_such_identifier_is_counted(shop: Shop) -> None:
    """People without a device would otherwise vanish from the count between audience and file."""
    fill(shop, ZOE, Person("max", ["max@example.com"], consents=ZOE.consents))
    result = shop.run(shop.activation("google_mobile_ids"))
    assert (result.adds, result.suppressed["identifier"]) == (1, 1)


def test_an_anonymous_person_has_a_device_and_no_contact(shop: Shop) -> None:
    """A visitor whom nobody knows can be shown ads by the device they allowed it for, and by nothing else."""
    fill(shop, replace(ZOE, emails=[], phones=[], first_name=None, last_name=None, birth_date=None, city=None, postal_code=None))
    keys = tuple(shipped_destinations()["meta_custom_audience"].keys)
    result = shop.run(shop.activation("meta_custom_audience", match_keys=keys))
    row = dict(zip(*cells(add_file(result.files)), strict=False))
    assert result.adds == 1 and row["madid"] == "" and row["email"] == ""
    assert MADID in cells(add_file(result.files))[1]
    shop.con.execute("update profiles.consents set status = 'denied' where purpose = 'ads'")
    assert shop.run(shop.activation("meta_custom_audience", match_keys=keys)).removes == 1


def add_file(files: list[Path]) -> Path:
    return next(path for path in files if path.name == "add.csv")
