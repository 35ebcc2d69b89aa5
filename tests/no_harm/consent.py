"""Whether somebody may be spoken to, by what they said and the policy packs' own words: a second reading of the rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dagster_project.consent import policy

from .facts import Known

_PACKS = Path(policy.__file__).parent / "policies"
BY_ADDRESS = {"email": "email", "phone": "phone"}
_ORDER = ("granted", "denied", "withdrawn")


class Word(NamedTuple):
    """kind: the type of identifier it was said with, as the file has it; one: that identifier as `type:value`."""

    kind: str
    one: str
    status: str
    at: datetime
    is_proven: bool


@cache
def rules(country: str | None) -> dict[str, Any]:
    """Purpose → rules of the region of a country; of an unknown one, those of the company's, which is in France."""
    packs = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(_PACKS.glob("*.yml"))}
    region = next((name for name, pack in packs.items() if (country or "FR") in pack["countries"]), "eu")
    pack = packs[region]
    return packs[pack["like"]]["purposes"] | pack["purposes"] if "like" in pack else pack["purposes"]


def said(known: Known, purpose: str) -> list[Word]:
    words = [
        Word(record.row["identifier_type"], record.ids[0], record.row["status"], record.at, bool(record.row["proof"].strip()))
        for record in known.of("consents")
        if record.row["purpose"] == purpose
    ]
    if purpose == "email":
        words += [
            Word("email", record.ids[0], "withdrawn", record.at, True)
            for record in known.of("email_events")
            if record.row["type"] in ("unsubscribed", "complained")
        ]
    return words


def may(known: Known, purpose: str, address: str | None = None) -> bool:
    """Whether they may be spoken to for a purpose; for e-mails and calls, at this address or number."""
    about, rule = said(known, purpose), rules(known.country)[purpose]
    if purpose in BY_ADDRESS:
        if address is None:
            kind = BY_ADDRESS[purpose]
            return any(may(known, purpose, one.partition(":")[2]) for one in known.ids if one.startswith(f"{kind}:"))
        reaching = [word for word in about if _reaches(known, word, BY_ADDRESS[purpose], address)]
    else:
        reaching = about
    has_left = any(word.status == "withdrawn" for word in about)
    needs_proof = has_left or rule.get("needs_proof", False)
    counting = [word for word in reaching if word.status != "granted" or word.is_proven or not needs_proof]
    newest = max(counting, key=lambda word: (word.at, _ORDER.index(word.status)), default=None)
    if newest is not None and newest.status != "granted":
        return False
    if newest is not None and _lasts(known, newest.at, rule.get("grant_days")):
        return True
    return all(word.status == "granted" for word in about) and _by_silence(known, rule.get("silence", {}), purpose, address)


def deciding(known: Known, purpose: str) -> Word | None:
    """The grant by which they may be spoken to for a purpose that goes by person; None where silence is enough."""
    about = said(known, purpose)
    has_left = any(word.status == "withdrawn" for word in about)
    counting = [word for word in about if word.status != "granted" or word.is_proven or not has_left]
    return max(counting, key=lambda word: (word.at, _ORDER.index(word.status)), default=None)


def _reaches(known: Known, word: Word, kind: str, address: str) -> bool:
    """A grant covers the address it was given for or seen with, or the only one; a refusal said with no address covers all."""
    if word.kind == kind:
        return word.one == f"{kind}:{address}"
    if word.status != "granted":
        return True
    beside = {one for record in known.records if _names(record, word) for one in record.ids if one.startswith(f"{kind}:")}
    return f"{kind}:{address}" in beside if beside else sum(one.startswith(f"{kind}:") for one in known.ids) == 1


def _names(record: Any, word: Word) -> bool:
    """Whether a row names the very identifier: a login's number is no customer's number there."""
    if word.kind in ("user_id", "customer_id"):
        return record.entity != "consents" and word.kind in record.row and word.one in record.ids
    return record.entity not in ("consents", "order_lines") and word.one in record.ids


def _lasts(known: Known, given: datetime, days: int | None) -> bool:
    last = max(given, known.last_action or given)
    return days is None or last >= known.moment - timedelta(days=days)


def _by_silence(known: Known, silence: dict[str, Any], purpose: str, address: str | None) -> bool:
    for kind, basis in silence.items():
        if basis == "refused":
            continue
        since: datetime | None = known.last_action
        if kind == "customer":
            since = known.last_sale
            applies = since is not None and (address is None or _sold_to(known, purpose, address))
        elif kind == "professional":
            works = [record for record in known.of("contacts") if record.row.get("person_kind") == "professional"]
            applies = any(address is None or f"{BY_ADDRESS.get(purpose)}:{address}" in record.ids for record in works)
        else:
            applies = known.is_known
        days = basis.get("days")
        if applies and (days is None or (since is not None and since >= known.moment - timedelta(days=days))):
            return True
    return False


def _sold_to(known: Known, purpose: str, address: str) -> bool:
    """Whether an address is one that a sale named; where none did, any of theirs may be the one that is written to."""
    if purpose != "email":
        return True
    named = {order.email for order in known.sales if order.email}
    return address in named if named else True
