"""What sales are asked for and do: requests to be called back, and calls to leads on working days until somebody answers, at most
three, with some suppliers more in vain than with others."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.engagement import GRANTED, PURPOSES, Statements
from dagster_project.demo.facts import Rows, timestamp
from dagster_project.demo.files import Landing
from dagster_project.demo.people import PROSPECT, People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, SECOND, Plan, chance
from dagster_project.demo.text import digits, iso, join, moment, only, take

ATTEMPTS = 3
_HOURS = [11, 15, 18]
_ANSWERS = {"": 0.6, "LeadBazaar": 0.2, "Kontaktfabrik": 0.45, "Prospect&Co": 0.35}
"""Supplier (none: the shop's own forms) → chance that a call is answered."""
_MISSED = ["no answer", "busy", "voicemail"]
_NEW = 8 * DAY
"""Leads younger than this have not been called yet."""


def write_callbacks(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances) -> Rows:
    """Prospects who asked in the last days to be called. Returns what is true of these leads."""
    rng = plan.rng("callbacks", shard)
    able = np.intersect1d(seen.who("email"), seen.who("phone"))
    able = able[(people.kind[able] == PROSPECT) & ~people.is_lead[able] & ~people.shares_phone[able] & ~people.disposable[able]]
    able = able[people.created[able] < plan.as_of - 10 * DAY]
    who = able[chance(rng, 0.02, len(able), at_least=min(8, len(able)))]
    size, index = len(who), pa.array(who)
    at = (plan.as_of - 2 * HOUR - rng.integers(0, 4 * DAY, size)) // SECOND * SECOND
    proven = np.arange(size) % 6 < 5
    columns = {
        "lead_id": join("LC", digits(people.number[who], 7)),
        "email": people.email.take(index),
        "phone": people.e164.take(index),
        "first_name": people.first_name.take(index),
        "last_name": people.last_name.take(index),
        "country": people.country_code().take(index),
        "created_at": iso(at),
        "acquisition_source": "form",
        "form": "call-me-back",
        "consent_proof": only(proven, join("form-call-", digits(people.number[who]))),
        "status": "new",
    }
    landing.table(f"generic/leads/dt={plan.until}/callbacks.csv", columns)
    seen.add("lead_id", columns["lead_id"], who)
    facts = {"lead_id": columns["lead_id"], "created_at": timestamp(at), "status": take(["new"], np.zeros(size, dtype=int))}
    facts |= {"converted_at": timestamp(np.zeros(size, dtype=np.int64)), "supplier": take([""], np.zeros(size, dtype=int))}
    return who, facts | {"is_proven": pa.array(proven)}


def write_calls(plan: Plan, shard: int, landing: Landing, people: People, leads: Rows) -> dict[str, pa.Array]:
    """Calls to the people of most leads. Returns columns for the truth of leads: calls missed and answered since."""
    rng = plan.rng("calls", shard)
    person, columns = leads
    created = columns["created_at"].cast(pa.int64()).to_numpy()
    suppliers = columns["supplier"].to_pylist()
    first = np.zeros(len(person), dtype=bool)
    first[np.unique(person, return_index=True)[1]] = True
    rows = np.flatnonzero(first & people.has_phone[person] & (created < plan.as_of - _NEW) & chance(rng, 0.85, len(person)))
    odds = np.array([_ANSWERS[supplier] for supplier in suppliers])[rows]
    answers = rng.random((len(rows), ATTEMPTS)) < odds[:, None]
    made = np.cumsum(answers, axis=1) - answers == 0
    day = plan.local_day(created[rows])
    days = np.stack([day := _next_weekday(plan, day) for _ in range(ATTEMPTS)], axis=1)
    minutes = rng.integers(0, 60, made.shape) * MINUTE + rng.integers(0, 60, made.shape) * SECOND
    local = plan.midnight(plan.first_day) + days * DAY + np.array(_HOURS) * HOUR + minutes
    missed_how = take(_MISSED, rng.integers(0, len(_MISSED), made.size)).to_numpy(zero_copy_only=False).reshape(made.shape)

    lead, attempt = np.nonzero(made)
    at, who = plan.utc(local[made]), person[rows][lead]
    landing.table(
        f"generic/calls/dt={plan.until}/calls.csv",
        {
            "call_id": join("P", digits(people.number[who], 7), "-", digits(attempt + 1)),
            "phone": people.e164.take(pa.array(who)),
            "tracking_number": take([""], np.full(len(who), -1)),
            "direction": "outbound",
            "occurred_at": moment(at),
            "outcome": pa.array(np.where(answers[made], "connected", missed_how[made]).tolist(), pa.string()),
        },
    )
    counts = np.zeros((2, len(person)), dtype=np.int64)
    for called, moment_of, answered in zip(who, at, answers[made], strict=True):
        mine = (person == called) & (created <= moment_of)
        counts[int(answered)][mine] += 1
    return {"calls_missed": pa.array(counts[0]), "calls_answered": pa.array(counts[1])}


def lead_statements(people: People, leads: Rows) -> Statements:
    """What leads allowed by the form they left: to be called on the number in it."""
    person, columns = leads
    proven = columns["is_proven"].to_numpy(zero_copy_only=False) & people.has_phone[person]
    owner = person[proven]
    at = columns["created_at"].cast(pa.int64()).to_numpy()[proven]
    kinds = np.full(len(owner), PURPOSES.index("phone")), np.full(len(owner), GRANTED)
    return Statements(owner, *kinds, at, people.e164.take(pa.array(owner)))


def _next_weekday(plan: Plan, day: np.ndarray) -> np.ndarray:
    """The first day from Monday to Friday after a day of the history."""
    following = (plan.first_day + timedelta(days=1)).weekday() + day
    return day + 1 + np.select([following % 7 == 5, following % 7 == 6], [2, 1], 0)
