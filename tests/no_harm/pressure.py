"""Who has had as many messages as `pressure:` and an audience allow, by what tools told and by the files of sequences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from .facts import Known, day

CAPS = {"email": (4, 7), "phone": (4, 30)}
"""Channel → messages, days."""
OVERALL = (6, 7)
COMPLAINT_DAYS = 180

Own = tuple[str, str, str]
"""Address, moment and audience of a message that a sequence sent."""


class Sent(NamedTuple):
    """A message that reached somebody; `audience` of those that sequences sent."""

    channel: str
    at: datetime
    audience: str | None


def is_capped(known: Known, channel: str, own: Iterable[Own], audience: str, cap: dict | None, entered: datetime | None) -> bool:
    """Whether no more may be sent to somebody on a channel.

    Args:
        own: what sequences sent them before this run.
        cap: `messages` and `days` that the audience allows, if it does.
        entered: since when they have been in the audience; what tools sent before does not count for it.
    """
    now, sent = known.moment, _told(known, own)
    of_channel = [message for message in sent if message.channel == channel]
    complaints = [record.at for record in known.of("email_events") if record.row["type"] == "complained"]
    through = [
        one.at for one in of_channel if one.audience == audience or (one.audience is None and entered and one.at >= entered)
    ]
    return (
        _full([one.at for one in of_channel], *CAPS[channel], now)
        or _full([one.at for one in sent], *OVERALL, now)
        or (cap is not None and _full(through, cap["messages"], cap["days"], now))
        or any(at + timedelta(days=COMPLAINT_DAYS) > now for at in complaints)
    )


def _full(moments: list[datetime], messages: int, days: int, now: datetime) -> bool:
    newest = sorted(moments, reverse=True)
    return len(newest) >= messages and newest[messages - 1] + timedelta(days=days) > now


def _told(known: Known, own: Iterable[Own]) -> list[Sent]:
    """Each message once, however often and by whom it was told."""
    first: dict[tuple[str, ...], Sent] = {}
    for record in known.records:
        row = record.row
        if record.entity == "email_events" and row["type"] == "delivered":
            message = ("email", record.ids[0], row["campaign_id"], str(day(record.at)))
        elif record.entity == "message_events" and row["type"] == "sent":
            message = ("sms", record.ids[0], row["campaign_id"], str(day(record.at)))
        elif record.entity == "calls":
            message = ("phone", row["call_id"])
        else:
            continue
        told = Sent(message[0], record.at, None)
        first[message] = min(told, first.get(message, told), key=lambda one: one.at)
    found = list(first.values())
    for address, moment, audience in own:
        channel, at = ("phone" if address.startswith("phone:") else "email"), datetime.fromisoformat(moment.rstrip("Z"))
        # The tool's first word within three days is of the same message.
        same = [one for one in found if one.channel == channel and one.audience is None and at <= one.at < at + timedelta(days=3)]
        if same:
            found.remove(min(same, key=lambda one: one.at))
        found.append(Sent(channel, at, audience))
    return found
