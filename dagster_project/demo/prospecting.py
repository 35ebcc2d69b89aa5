"""Leads of every quality, and registrations for open days."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
import pyarrow as pa

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.campaigns import CAMPAIGNS
from dagster_project.demo.catalogue import SITE
from dagster_project.demo.crm import raw_email, raw_phone
from dagster_project.demo.facts import Rows, timestamp
from dagster_project.demo.files import Landing
from dagster_project.demo.people import CUSTOMER, PROSPECT, TESTER, People
from dagster_project.demo.plan import DAY, HOUR, SECOND, ZONE, Plan, chance, pick
from dagster_project.demo.text import day, digits, either, iso, join, money, only, take
from dagster_project.demo.vocabulary import HEARD_VIA


def write_leads(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances, first_order: np.ndarray) -> Rows:
    """Leads of the site's forms and of suppliers: some unreachable, some throw-away, some sold twice.

    Returns what is true of the leads.
    """
    rng = plan.rng("leads", shard)
    who = np.flatnonzero(people.is_lead)
    suppliers = ["", "LeadBazaar", "Kontaktfabrik", "Prospect&Co"]
    supplier = pick(rng, [0.5, 0.25, 0.15, 0.1], len(who))
    created = people.created[who]
    twice = np.flatnonzero(chance(rng, 0.1, len(who), at_least=min(3, len(who))))
    rows = np.concatenate([np.arange(len(who)), twice])
    again = np.arange(len(rows)) >= len(who)
    person, index = who[rows], pa.array(who[rows])
    size = len(rows)
    supplier = np.where(again, 1 + (supplier[rows] % 3), supplier[rows])
    at = np.minimum(created[rows] + np.where(again, rng.integers(HOUR, 9 * DAY, size), 0), plan.as_of - HOUR) // SECOND * SECOND
    invalid = join(people.mailbox.take(index), either(people.number[person] % 2 == 0, "@", ".example.com"))
    email = either(people.has_email[person], raw_email(rng, people.email.take(index)), invalid)
    converted = np.where((people.kind[person] == CUSTOMER) & (first_order[person] > at), first_order[person], 0)
    status = np.where(converted > 0, 3, pick(rng, [0.35, 0.35, 0.2, 0.0, 0.1], size))
    campaign = take([c.name for c in CAMPAIGNS], rng.integers(0, 7, size))
    lead_id = join("L", digits(people.number[person], 7), either(again, "-2", ""))
    phone = raw_phone(rng, people, person)
    new = at >= plan.cut
    columns = {
        "lead_id": lead_id,
        "email": email,
        "phone": phone,
        "first_name": people.first_name.take(index),
        "last_name": people.last_name.take(index),
        "postal_code": people.city()[1].take(index),
        "country": people.country_code().take(index),
        "created_at": iso(at),
        "acquisition_source": either(supplier > 0, "supplier", "form"),
        "supplier": take(suppliers, supplier),
        "campaign": campaign,
        "form": take(["machine-advice", "office-coffee", "course-brochure"], rng.integers(0, 3, size)),
        "landing_url": join(SITE + "/advice?utm_campaign=", campaign),
        "heard_via": take(list(HEARD_VIA), rng.integers(0, len(HEARD_VIA), size)),
        "cost": only(supplier > 0, money(500 + 700 * supplier)),
        "exclusive": either(supplier == 2, "true", "false"),
        "consent_proof": only(proven := chance(rng, 0.9, size), join("form-", digits(people.number[person]))),
        "purchase_intent_at": only(chance(rng, 0.3, size), day(at + 30 * DAY)),
        "status": take(["new", "contacted", "qualified", "converted", "lost"], status),
        "converted_at": iso(converted),
        "qualified_at": iso(_qualified(plan, people.number[person], at, status, converted)),
    }
    for path, chosen in (("leads/dt=" + str(plan.cut_day), ~new), ("leads/dt=" + str(plan.until), new)):
        mask = pa.array(chosen)
        file = landing.table(f"generic/{path}/leads.csv", {name: column.filter(mask) for name, column in columns.items()})
    if shard == 0:
        file.spoil("L9999998,nobody@example.com,,No,Date,75011,FR,,form,,,,,,,,,,new,,", "no created_at")
        file.spoil("L9999999,nobody@example.com,,No,Date,75011,FR,yesterday,form,,,,,,,,,,new,,", "created_at can't be read")
    seen.add("lead_id", lead_id, person)
    seen.of("email", who[people.has_email[who]])
    seen.of("phone", who[people.has_phone[who]])
    facts = {"lead_id": lead_id, "created_at": timestamp(at), "status": columns["status"], "converted_at": timestamp(converted)}
    return person, facts | {"supplier": columns["supplier"], "is_proven": pa.array(proven)}


def _qualified(plan: Plan, number: np.ndarray, at: np.ndarray, status: np.ndarray, converted: np.ndarray) -> np.ndarray:
    """When sales found a lead good: one to three days after it came, before it converted; 0 of others. Nothing is drawn."""
    latest = np.where(converted > 0, converted, plan.as_of) - SECOND
    return np.where((status == 2) | (status == 3), np.minimum(at + (1 + number % 3) * DAY, latest), 0)


def write_registrations(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances) -> Rows:
    """Open days on the first Saturday of each month, two of them still to come; fairs and webinars in between.

    Returns what is true of the registrations.
    """
    rng = plan.rng("registrations", shard)
    who = np.flatnonzero(people.registrant & (people.kind != TESTER))
    starts, names, kinds, cities, texts = _calendar(plan)
    size = len(who)
    event = rng.integers(0, len(starts), size)
    event[: min(2, size)] = len(starts) - 1
    status = np.where(starts[event] > plan.as_of, 0, 1 + pick(rng, [0.65, 0.35], size))
    phone = people.e164.take(pa.array(who))
    said = take(["registered", "attended", "no_show"], status)
    landing.table(
        f"generic/event_registrations/dt={plan.until}/event_registrations.csv.gz",
        {
            "registration_id": join("R", digits(people.number[who], 7)),
            "event_name": take(names, event),
            "event_kind": take(kinds, event),
            "starts_at": take(texts, event),
            "email": raw_email(rng, people.email.take(pa.array(who))),
            "phone": phone,
            "city": take(cities, event),
            "postal_code": people.city()[1].take(pa.array(who)),
            "status": said,
        },
    )
    seen.of("email", who)
    ward = people.guardian[who] >= 0
    seen.of("phone", who[people.has_phone[who] & ~ward])
    seen.add("phone", people.e164.take(pa.array(who[ward])), who[ward], shared=True)
    return who, {"event_kind": take(kinds, event), "starts_at": timestamp(starts[event]), "status": said}


def write_tasting(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances, kind: int) -> Rows:
    """An open evening a few days ago, for prospects or customers (`kind`) who registered for nothing else.

    Returns what is true of the registrations.
    """
    name, letters = {PROSPECT: ("tasting", "RT"), CUSTOMER: ("tasting_of_customers", "RC")}[kind]
    rng = plan.rng(name, shard)
    able = seen.who("email")
    able = able[(people.kind[able] == kind) & ~people.registrant[able] & (people.created[able] < plan.as_of - 30 * DAY)]
    who = able[chance(rng, 0.03, len(able), at_least=min(8, len(able)))]
    starts = datetime.combine(plan.until - timedelta(days=3), time(18), ZONE)
    status = take(["attended", "no_show"], (rng.permutation(len(who)) % 3 == 0).astype(int))
    landing.table(
        f"generic/event_registrations/dt={plan.until}/{name}.csv",
        {
            "registration_id": join(letters, digits(people.number[who], 7)),
            "event_name": "Open evening Paris",
            "event_kind": "open_day",
            "starts_at": starts.isoformat(),
            "email": people.email.take(pa.array(who)),
            "phone": take([""], np.full(len(who), -1)),
            "city": "Paris",
            "postal_code": "75011",
            "status": status,
        },
    )
    at = np.full(len(who), int(starts.timestamp()) * SECOND)
    return who, {"event_kind": take(["open_day"], np.zeros(len(who), dtype=int)), "starts_at": timestamp(at), "status": status}


def _calendar(plan: Plan) -> tuple[np.ndarray, list[str], list[str], list[str], list[str]]:
    """Start (milliseconds), name, kind, city and start as text with its offset, in order of time."""
    starts, names, kinds, cities, texts = [], [], [], [], []
    first = plan.first_day
    while len(starts) < 2 or starts[-2] <= plan.as_of:
        saturday = first + timedelta(days=(5 - first.weekday()) % 7)
        at = datetime.combine(saturday, time(10), ZONE)
        number = len(starts)
        kind = ["open_day", "webinar", "open_day", "fair"][number % 4]
        city = ["Paris", "Lyon", "Berlin"][number % 3]
        starts.append(int(at.timestamp()) * SECOND)
        names.append(f"{ {'open_day': 'Open day', 'webinar': 'Webinar', 'fair': 'Coffee fair'}[kind] } {city} {saturday:%Y-%m}")
        kinds.append(kind)
        cities.append(city)
        texts.append(at.isoformat())
        first = (first + timedelta(days=31)).replace(day=1)
    return np.array(starts), names, kinds, cities, texts
