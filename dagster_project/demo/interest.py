"""Interest without a purchase: what people take from the site, like on social platforms, try for nothing, and allow ads for.

Each writer has a stream of random numbers and files of its own, and returns what truth/ is to say of them.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dagster_project.demo.appearances import Appearances
from dagster_project.demo.crm import raw_email
from dagster_project.demo.engagement import DENIED, GRANTED, PURPOSES, STATUSES, Statements
from dagster_project.demo.events import PAGE, VIEWED, Events
from dagster_project.demo.facts import Rows, timestamp
from dagster_project.demo.files import Landing
from dagster_project.demo.people import PROSPECT, TESTER, People
from dagster_project.demo.plan import DAY, HOUR, MINUTE, SECOND, Plan, chance, pick
from dagster_project.demo.sessions import DEVICES_PER_PERSON, Owners, Sessions
from dagster_project.demo.text import digits, iso, join, moment, money, only, quoted, take, uuids

GUIDES = ["guide-to-grinding.pdf", "office-coffee-white-paper.pdf", "catalogue.pdf"]
PLATFORMS = ["instagram", "facebook", "linkedin"]
KINDS = ["like", "comment", "share", "follow", "mention", "form"]
TRIAL = 14 * DAY


def write_downloads(
    plan: Plan,
    shard: int,
    landing: Landing,
    people: People,
    sessions: Sessions,
    owners: Owners,
    events: Events,
    devices: pa.Array,
) -> Rows:
    """Guides and catalogues that prospects take in the middle of a visit, reported by a tool of its own (generic events)."""
    rng = plan.rng("downloads", shard)
    known = events.owner < owners.known
    prospect = np.zeros(len(events), dtype=bool)
    prospect[known] = people.kind[events.owner[known]] == PROSPECT
    own_device = sessions.device_owner[events.session] == events.owner
    pages = np.flatnonzero(prospect & own_device & np.isin(events.kind, [PAGE, VIEWED]) & ~events.first)
    rows = pages[chance(rng, 0.1, len(pages), at_least=min(3, len(pages)))]
    device = sessions.device_index[1][events.session[rows]]
    file = take(GUIDES, rng.integers(0, len(GUIDES), len(rows)))
    who = events.owner[rows]
    landing.table(
        f"generic/events/dt={plan.until}/downloads.csv.gz",
        {
            "message_id": uuids((np.int64(shard) << 40) + np.arange(len(rows)), salt=plan.seed * 8 + 5),
            "type": "track",
            "event": "File Downloaded",
            "anonymous_id": devices.take(pa.array(device)),
            "user_id": only(events.logged_in[rows], people.customer_id.take(pa.array(who))),
            "timestamp": iso(events.at[rows]),
            "received_at": iso(events.received[rows]),
            "properties": quoted(join('{"file_name": "', file, '"}')),
        },
    )
    return who, {"file_name": file, "downloaded_at": timestamp(events.at[rows])}


def write_social(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances) -> Rows:
    """Likes, comments and the like; of every fourth row the platform names no address."""
    rng = plan.rng("social", shard)
    able = seen.who("email")
    able = able[people.kind[able] != TESTER]
    fans = able[chance(rng, 0.08, len(able), at_least=min(5, len(able)))]
    who = np.repeat(fans, 1 + pick(rng, [0.5, 0.3, 0.2], len(fans)))
    size = len(who)
    back = rng.random(size)
    at = plan.as_of - HOUR - (back * back * (plan.as_of - HOUR - people.created[who])).astype(np.int64)
    at = np.minimum(at, plan.as_of - HOUR) // SECOND * SECOND
    named = ~chance(rng, 0.25, size)
    landing.table(
        f"generic/social_interactions/dt={plan.until}/social_interactions.csv",
        {
            "interaction_id": join("I", digits((shard << 24) + np.arange(size) + 1, 9)),
            "platform": take(PLATFORMS, rng.integers(0, len(PLATFORMS), size)),
            "kind": take(KINDS, pick(rng, [0.5, 0.15, 0.1, 0.15, 0.05, 0.05], size)),
            "handle": join("@fan", digits(people.number[who])),
            "email": only(named, raw_email(rng, people.email.take(pa.array(who)))),
            "occurred_at": moment(at),
            "post_id": join("post-", digits(rng.integers(1, 200, size))),
        },
    )
    return who[named], {"occurred_at": timestamp(at[named])}


def write_trials(plan: Plan, shard: int, landing: Landing, people: People, seen: Appearances) -> Rows:
    """Prospects who try the coffee club: two weeks for nothing, left before they end, or still running."""
    rng = plan.rng("trials", shard)
    able = seen.who("email")
    able = able[(people.kind[able] == PROSPECT) & (people.created[able] < plan.as_of - 10 * DAY)]
    who = able[chance(rng, 0.06, len(able), at_least=min(6, len(able)))]
    size = len(who)
    room = np.minimum(plan.as_of - HOUR - people.created[who], 80 * DAY)
    started = (plan.as_of - HOUR - (rng.random(size) * room).astype(np.int64)) // SECOND * SECOND
    left = started + rng.integers(1 * DAY, TRIAL, size) // SECOND * SECOND
    left = np.where(left < plan.as_of - HOUR, left, 0)
    landing.table(
        f"generic/subscriptions/dt={plan.until}/trials.csv",
        {
            "subscription_id": join("UT", digits(people.number[who], 7)),
            "customer_id": take([""], np.full(size, -1)),
            "email": people.email.take(pa.array(who)),
            "plan": "coffee-club-trial",
            "started_at": moment(started),
            "trial_ends_at": moment(started + TRIAL),
            "renews_on": take([""], np.full(size, -1)),
            "ended_at": moment(left),
            "amount": money(np.full(size, 2_190)),
            "currency": "EUR",
        },
    )
    return who, {"started_at": timestamp(started), "trial_ends_at": timestamp(started + TRIAL), "ended_at": timestamp(left)}


def write_ads_answers(
    plan: Plan, shard: int, landing: Landing, owners: Owners, sessions: Sessions, devices: pa.Array, said: Statements
) -> Statements:
    """What strangers who allow trackers answer of personalised ads, device by device; the office's own are not asked.

    Args:
        said: what has been said so far; whoever refused trackers was not asked further.
    """
    rng = plan.rng("ads_answers", shard)
    device, place = sessions.device_index
    owner = device // DEVICES_PER_PERSON
    first = np.full(len(device), plan.as_of)
    np.minimum.at(first, place, sessions.at)
    refusing = said.owner[(said.purpose == PURPOSES.index("trackers")) & (said.status == DENIED)]
    asked = np.flatnonzero((owner >= owners.known) & (owner < owners.first_household) & ~np.isin(owner, refusing))
    status = np.where(chance(rng, 0.55, len(asked)), GRANTED, DENIED)
    at = first[asked] // SECOND * SECOND - 29 * MINUTE
    ids = devices.take(pa.array(asked))
    landing.table(
        f"generic/consents/dt={plan.until}/banner_ads.csv.gz",
        {
            "identifier_type": "anonymous_id",
            "identifier": ids,
            "purpose": "ads",
            "status": take(STATUSES, status),
            "occurred_at": moment(at),
            "collected_by": "banner",
            "proof": join("banner-", digits(at // SECOND)),
        },
    )
    return said.joined(Statements(owner[asked], np.full(len(asked), PURPOSES.index("ads")), status, at, ids))
