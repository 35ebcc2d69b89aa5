"""The CRM: contacts as people and clerks leave them, with typos, doubles, junk and changes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.files import Landing
from dagster_project.demo.people import CUSTOMER, NO_BIRTH_DATE, People, spaced_national
from dagster_project.demo.plan import DAY, Plan, chance
from dagster_project.demo.text import digits, either, join, moment, only, quoted, take
from dagster_project.demo.vocabulary import COMPANIES, COUNTRIES, INCOME_BANDS, JOBS, OWNERS, SOURCES

ROLE_ADDRESS = "info@example.com"
"""An address that several contacts left and that is nobody's own."""


def raw_email(rng: np.random.Generator, email: pa.Array) -> pa.StringArray:
    """The address as people and forms leave it: capitals, spaces around it."""
    way = rng.random(len(email))
    email = either(way < 0.05, pc.utf8_upper(email), email)
    email = either((way > 0.05) & (way < 0.10), pc.utf8_capitalize(email), email)
    return either((way > 0.97), pc.binary_join_element_wise(" ", email, " ", "", null_handling="emit_null"), email)


def raw_phone(rng: np.random.Generator, people: People, who: np.ndarray) -> pa.StringArray:
    """The number as people leave it: at home, abroad, with 00, with dots."""
    way = rng.random(len(who))
    e164 = people.e164.take(pa.array(who))
    national = spaced_national(people, who)
    country = people.country_code().take(pa.array(who)).to_numpy(zero_copy_only=False)
    phone = either(way < 0.4, national, e164)
    phone = either((way > 0.40) & (way < 0.50) & (country != "US"), pc.replace_substring(e164, "+", "00"), phone)
    return either((way > 0.50) & (way < 0.60), pc.replace_substring(national, " ", "."), phone)


def write_contacts(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances) -> None:
    """Two exports of the CRM: the first one, and a month later what is new or changed and some of what is not."""
    rng = plan.rng("contacts", shard)
    who = np.flatnonzero(people.in_crm)
    number = people.number[who]
    contact = _contact_rows(plan, rng, people, who)
    contact["contact_id"] = join("CT", digits(number, 7))
    no_phone = chance(rng, 0.02, len(who)) & people.has_email[who] & ~people.counter_only[who]
    contact["phone"] = either(no_phone, take(["0000000000", "n/a", "-"], number % 3), contact["phone"])
    role = people.role_address[who]
    contact["email"] = either(role, ROLE_ADDRESS, contact["email"])
    seen.add("contact_id", contact["contact_id"], who)
    seen.of("email", who[people.has_email[who]])
    own = people.guardian[who] < 0
    seen.of("phone", who[people.has_phone[who] & own & ~no_phone])
    ward = who[people.has_phone[who] & ~own & ~no_phone]
    seen.add("phone", people.e164.take(pa.array(ward)), ward, shared=True)
    if role.any():
        seen.add("email", pa.array([ROLE_ADDRESS]), np.array([-1]), shared=True)

    new = people.created[who] >= plan.cut
    changed = ~new & chance(rng, 0.05, len(who), at_least=1)
    same = ~new & ~changed & chance(rng, 0.05, len(who))
    folder = "generic/contacts/dt="
    first = _rows(contact, np.flatnonzero(~new))
    file = landing.table(f"{folder}{plan.cut_day}/contacts.csv", first)
    _write_doubles(plan, rng, landing, f"{folder}{plan.cut_day}/contacts.csv", people, who[~new & ~no_phone], seen)
    contact["loyalty_points"] = either(changed, digits(50 + people.number[who] % 900), contact["loyalty_points"])
    contact["updated_at"] = either(changed, moment(np.full(len(who), plan.as_of - DAY)), contact["updated_at"])
    second = _rows(contact, np.flatnonzero(new | changed | same))
    landing.table(f"{folder}{plan.until}/contacts.csv", second, {"unchanged row": int(same.sum())})
    if shard == 0:
        wide = len(contact) - 1
        file.spoil("," * wide, "no contact_id")
        file.spoil("CT9999999,consumer,half a row", "too few columns")


def _rows(columns: dict[str, pa.Array], rows: np.ndarray) -> dict[str, pa.Array]:
    index = pa.array(rows)
    names = ["contact_id", *[name for name in columns if name != "contact_id"]]
    return {name: columns[name].take(index) for name in names}


def _contact_rows(plan: Plan, rng: np.random.Generator, people: People, who: np.ndarray) -> dict[str, pa.Array]:
    size, index = len(who), pa.array(who)
    professional = chance(rng, 0.08, size)
    city, postal_code, region = (column.take(index) for column in people.city())
    birth = people.birth_day[who]
    street = join(digits(1 + people.number[who] % 120), ", ", _street(people, who))
    first, last = people.first_name.take(index), people.last_name.take(index)
    way = rng.random(size)
    country = people.country_code().take(index)
    spelt_out = (people.country[who] == 0) & chance(rng, 0.03, size)
    created = people.created[who]
    return {
        "person_kind": either(professional, "professional", "consumer"),
        "email": raw_email(rng, people.email.take(index)),
        "phone": raw_phone(rng, people, who),
        "first_name": either(way < 0.05, pc.utf8_upper(first), either(way > 0.97, pc.utf8_lower(first), first)),
        "last_name": either(way < 0.12, pc.utf8_upper(last), last),
        "birth_date": only(birth != NO_BIRTH_DATE, day_text(birth)),
        "gender": only(way > 0.2, either(people.woman[who], "f", "m")),
        "street": quoted(street),
        "city": either(way > 0.95, pc.utf8_upper(city), city),
        "postal_code": postal_code,
        "region": region,
        "country": either(spelt_out, "France", country),
        "company": only(professional, take(list(COMPANIES), rng.integers(0, len(COMPANIES), size))),
        "job_title": only(professional, take(list(JOBS), rng.integers(0, len(JOBS), size))),
        "income_band": take(list(INCOME_BANDS), np.where(chance(rng, 0.3, size), rng.integers(0, len(INCOME_BANDS), size), -1)),
        "loyalty_points": only(people.kind[who] == CUSTOMER, digits(rng.integers(0, 900, size))),
        "owner": take(list(OWNERS), np.where(professional, rng.integers(0, len(OWNERS), size), -1)),
        "acquisition_source": take(list(SOURCES), rng.integers(0, len(SOURCES), size)),
        "created_at": moment(created),
        "updated_at": moment(created),
        "favourite_drink": take(["espresso", "filter", "cappuccino", "tea", None], rng.integers(0, 5, size)),
    }


def _write_doubles(plan: Plan, rng, landing: Landing, path: str, people: People, who: np.ndarray, seen: Appearances) -> None:
    """The same person entered twice: found by the same e-mail or phone, or by name and birth date alone."""
    own_phone = ~people.shares_phone[who]
    both = who[own_phone & people.has_email[who] & people.has_phone[who] & chance(rng, 0.06, len(who), at_least=min(8, len(who)))]
    number = people.number[both]
    way = number % 3
    rows = _contact_rows(plan, rng, people, both)
    rows["contact_id"] = join("CT", digits(number, 7), "B")
    typo = join(pc.utf8_slice_codeunits(people.email.take(pa.array(both)), 0, 1), people.email.take(pa.array(both)))
    by_phone = (way == 1) & people.has_email[both]
    rows["email"] = either(by_phone, typo, rows["email"])
    rows["phone"] = only(way != 2, rows["phone"])
    swapped = chance(rng, 0.3, len(both))
    rows["first_name"], rows["last_name"] = (
        either(swapped, rows["last_name"], rows["first_name"]),
        either(swapped, rows["first_name"], rows["last_name"]),
    )
    seen.add("contact_id", rows["contact_id"], both)
    seen.add("email", typo.filter(pa.array(by_phone)), both[by_phone])
    seen.of("email", both[~by_phone])
    seen.of("phone", both[way != 2])
    landing.table(path, _rows(rows, np.arange(len(both))))

    alike = who[
        own_phone & (people.birth_day[who] != NO_BIRTH_DATE) & people.in_crm[who] & chance(rng, 0.01, len(who), at_least=2)
    ]
    rows = _contact_rows(plan, rng, people, alike)
    rows["contact_id"] = join("CT", digits(people.number[alike], 7), "P")
    other = join("autre.", people.mailbox.take(pa.array(alike)), "@example.org")
    rows["email"], rows["phone"] = other, pa.nulls(len(alike), pa.string())
    seen.add("contact_id", rows["contact_id"], alike, link="probable")
    seen.add("email", other, alike, link="probable")
    landing.table(path, _rows(rows, np.arange(len(alike))))


def _street(people: People, who: np.ndarray) -> pa.StringArray:
    names = [street for country in COUNTRIES for street in country.streets]
    starts = np.cumsum([0] + [len(country.streets) for country in COUNTRIES])
    counts = np.array([len(country.streets) for country in COUNTRIES])
    country = people.country[who]
    return take(names, starts[country] + people.number[who] % counts[country])


def day_text(days: np.ndarray) -> pa.StringArray:
    """Days since 1970 (also before) as `1992-02-29`."""
    return pa.array(days.astype(np.int32), mask=days == NO_BIRTH_DATE).cast(pa.date32()).cast(pa.string())
