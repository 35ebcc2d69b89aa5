"""E-mail and consent: what was sent and what people did with it; what each person allowed, refused and took back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.crm import raw_email
from dagster_project.demo.files import Landing
from dagster_project.demo.people import TESTER, People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, SECOND, Plan, chance, pick
from dagster_project.demo.sessions import DEVICES_PER_PERSON, Owners, Sessions
from dagster_project.demo.text import digits, either, iso, join, moment, only, take

ALL, NO_ADS, REFUSES, SILENT = range(4)
"""What a person said when first asked."""
GRANTED, DENIED, WITHDRAWN = 0, 1, 2
STATUSES = ["granted", "denied", "withdrawn"]
ADS = ["ads", "platform_matching", "ad_user_data", "ad_personalization"]
PURPOSES = [*ADS, "email", "email_tracking", "profiling", "sms", "phone", "trackers"]
_BY_PHONE = ["sms", "phone"]

DELIVERED, OPENED, CLICKED, REPLIED, BOUNCED, UNSUBSCRIBED, COMPLAINED = range(7)
TYPES = ["delivered", "opened", "clicked", "replied", "bounced", "unsubscribed", "complained"]


@dataclass(frozen=True)
class Statements:
    """Consent statements, one entry each: owner, purpose, status, moment (milliseconds), identifier."""

    owner: np.ndarray
    purpose: np.ndarray
    status: np.ndarray
    at: np.ndarray
    identifier: pa.Array

    def newest(self) -> np.ndarray:
        """Index of the newest statement of each owner and purpose."""
        order = np.lexsort((self.at, self.purpose, self.owner))
        owner, purpose = self.owner[order], self.purpose[order]
        last = np.r_[(owner[1:] != owner[:-1]) | (purpose[1:] != purpose[:-1]), True] if len(order) else np.zeros(0, dtype=bool)
        return order[last]

    def joined(self, other: Statements) -> Statements:
        """These and those."""
        texts = pa.concat_arrays([self.identifier, other.identifier])
        columns = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("owner", "purpose", "status", "at")
        }
        return Statements(**columns, identifier=texts)


def attitudes(plan: Plan, shard: int, people: People) -> np.ndarray:
    """First answer of each person: two thirds allow everything."""
    attitude = pick(plan.rng("attitudes", shard), [0.66, 0.13, 0.13, 0.08], len(people))
    attitude[~people.has_email & ~people.has_phone] = SILENT
    attitude[people.kind == TESTER] = SILENT
    return attitude


def write_email_events(
    plan: Plan, shard: int, landing: Landing, people: People, attitude: np.ndarray, seen: Appearances
) -> np.ndarray:
    """Newsletters to those who wanted them. Returns when each person left (0 = never): that is a withdrawal of consent too."""
    rng = plan.rng("email_events", shard)
    readers = np.flatnonzero(people.has_email & np.isin(attitude, [ALL, NO_ADS]))
    who = np.repeat(readers, 1 + pick(rng, [0.2, 0.2, 0.2, 0.2, 0.2], len(readers)))
    size = len(who)
    room = np.maximum(plan.as_of - people.created[who] - 2 * DAY, DAY)
    sent = people.created[who] + HOUR + (rng.random(size) * room).astype(np.int64) // SECOND * SECOND
    last = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(last, who, sent)
    is_last = sent == last[who]
    bounced = is_last & chance(rng, 0.03, size, at_least=1)
    opened = ~bounced & chance(rng, 0.35, size)
    machine = ~bounced & chance(rng, 0.18, size)
    clicked = opened & chance(rng, 0.25, size)
    replied = opened & chance(rng, 0.004, size)
    leaving = is_last & ~bounced
    unsubscribed = leaving & chance(rng, 0.05, size, at_least=2)
    complained = leaving & ~unsubscribed & chance(rng, 0.008, size, at_least=1)
    opened_at = sent + rng.integers(5 * MINUTE, 20 * HOUR, size) // SECOND * SECOND

    parts = [
        (np.flatnonzero(~bounced), DELIVERED, sent, False),
        (np.flatnonzero(bounced), BOUNCED, sent, False),
        (np.flatnonzero(machine), OPENED, sent + 3 * SECOND, True),
        (np.flatnonzero(opened), OPENED, opened_at, False),
        (np.flatnonzero(clicked), CLICKED, opened_at + 40 * SECOND, False),
        (np.flatnonzero(replied), REPLIED, opened_at + 10 * MINUTE, False),
        (np.flatnonzero(unsubscribed), UNSUBSCRIBED, opened_at + 15 * MINUTE, False),
        (np.flatnonzero(complained), COMPLAINED, opened_at + 15 * MINUTE, False),
    ]
    rows = np.concatenate([part[0] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    at = np.concatenate([part[2][part[0]] for part in parts])
    by_machine = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
    campaign = join("news-", pc.utf8_slice_codeunits(moment(sent[rows]), 0, 7))
    file = landing.table(
        f"generic/email_events/dt={plan.until}/email_events.csv.gz",
        {
            "event_id": join("M", digits((shard << 24) + np.arange(len(rows)) + 1, 9)),
            "email": raw_email(rng, people.email.take(pa.array(who[rows]))),
            "type": take(TYPES, kind),
            "occurred_at": iso(at),
            "campaign_id": campaign,
            "url": only(
                kind == CLICKED,
                "https://www.maison-arabica.example/?utm_source=newsletter&utm_medium=email&utm_campaign=monthly_roast",
            ),
            "is_machine": either(by_machine, "true", "false"),
        },
    )
    if shard == 0:
        file.spoil(f"M999999998,,opened,{plan.until}T08:00:00.000Z,news-x,,false", "no email")
        file.spoil("M999999999,nobody@example.com,opened,sometime,news-x,,false", "occurred_at can't be read")
    seen.of("email", readers)
    left = np.zeros(len(people), dtype=np.int64)
    gone = unsubscribed | complained
    left[who[gone]] = opened_at[gone] + 15 * MINUTE
    return left


def write_consents(
    plan: Plan,
    shard: int,
    landing: Landing,
    people: People,
    owners: Owners,
    sessions: Sessions,
    devices: pa.Array,
    attitude: np.ndarray,
    left: np.ndarray,
    seen: Appearances,
) -> Statements:
    """Statements by address, or by phone where there is no address; the site's banner speaks for each device."""
    rng = plan.rng("consents", shard)
    parts: list[tuple[np.ndarray, int, np.ndarray, np.ndarray, bool]] = []
    asked = np.flatnonzero(attitude != SILENT)
    at = np.minimum(people.created[asked] + 5 * MINUTE, plan.as_of - HOUR)
    regrets = chance(rng, 0.04, len(asked), at_least=3)
    returns = chance(rng, 0.01, len(asked), at_least=2) & ~regrets & (left[asked] == 0)
    reachable = {True: np.isin(asked, seen.who("phone")), False: people.has_email[asked]}
    for purpose, name in enumerate(PURPOSES[:-1]):
        phone_only = name in _BY_PHONE
        by_phone = np.full(len(asked), phone_only) | ~reachable[False]
        able = np.where(by_phone, reachable[True] & (not name.startswith("email")), True)
        yes = attitude[asked] == ALL if name in ADS else attitude[asked] != REFUSES
        if phone_only:
            yes, able = yes & chance(rng, 0.6, len(asked)), able & chance(rng, 0.5, len(asked))
        parts.append((asked[able], purpose, np.where(yes, GRANTED, DENIED)[able], at[able], by_phone[able]))
        back = able & yes & regrets & (rng.random(len(asked)) < (1.0 if name in ADS else 0.3))
        later = at + ((plan.as_of - HOUR - at) * rng.random(len(asked))).astype(np.int64) // SECOND * SECOND + 1000
        parts.append((asked[back], purpose, np.full(int(back.sum()), WITHDRAWN), later[back], by_phone[back]))
        again = able & ~yes & returns
        parts.append((asked[again], purpose, np.full(int(again.sum()), GRANTED), later[again], by_phone[again]))
        if name == "email":
            gone = able & (left[asked] > 0)
            parts.append((asked[gone], purpose, np.full(int(gone.sum()), WITHDRAWN), left[asked[gone]], by_phone[gone]))
    owner = np.concatenate([part[0] for part in parts])
    purpose = np.concatenate([np.full(len(part[0]), part[1]) for part in parts])
    status, moments, by_phone = (np.concatenate([part[column] for part in parts]) for column in (2, 3, 4))
    index = pa.array(owner)
    clean = either(by_phone, people.e164.take(index), people.email.take(index))
    statements = Statements(owner, purpose, status, moments, clean)
    landing.table(
        f"generic/consents/dt={plan.until}/consents.csv",
        {
            "identifier_type": either(by_phone, "phone", "email"),
            "identifier": either(by_phone, people.e164.take(index), raw_email(rng, people.email.take(index))),
            "purpose": take(PURPOSES, purpose),
            "status": take(STATUSES, status),
            "occurred_at": moment(moments),
            "collected_by": take(["checkout", "preference centre", "form"], owner % 3),
            "proof": join("log-", digits((shard << 24) + np.arange(len(owner)))),
        },
    )
    if shard == 0:
        landing.lines(f"generic/consents/dt={plan.until}/consents.csv").spoil(
            "email,,email,granted,2026-01-01 00:00:00,form,", "no identifier"
        )
    seen.of("email", owner[~by_phone])
    seen.of("phone", owner[by_phone])
    return statements.joined(_write_banner(plan, rng, landing, owners, sessions, devices))


def _write_banner(
    plan: Plan, rng: np.random.Generator, landing: Landing, owners: Owners, sessions: Sessions, devices: pa.Array
) -> Statements:
    """The cookie banner: each device allows trackers at its first visit; three strangers in a hundred refuse them."""
    device, place = sessions.device_index
    first = np.full(len(device), plan.as_of)
    np.minimum.at(first, place, sessions.at)
    owner = device // DEVICES_PER_PERSON
    stranger = (owner >= owners.known) & (owner < owners.first_household)
    status = np.where(stranger & chance(rng, 0.03, len(device), at_least=3), DENIED, GRANTED)
    human = owner < owners.first_bot
    at = first // SECOND * SECOND - 30 * MINUTE
    mask = pa.array(human)
    statements = Statements(
        owner[human], np.full(int(human.sum()), PURPOSES.index("trackers")), status[human], at[human], devices.filter(mask)
    )
    landing.table(
        f"generic/consents/dt={plan.until}/banner.csv.gz",
        {
            "identifier_type": "anonymous_id",
            "identifier": statements.identifier,
            "purpose": "trackers",
            "status": take(STATUSES, statements.status),
            "occurred_at": moment(statements.at),
            "collected_by": "banner",
            "proof": join("banner-", digits(statements.at // SECOND)),
        },
    )
    return statements
