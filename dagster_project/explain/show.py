"""An explanation on the terminal: tables as of the other commands, bounded however much hangs on a person."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from dagster_project.audiences import Audience
from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.explain.links import Link
from dagster_project.explain.person import Explanation
from dagster_project.explain.scores import score_sections
from dagster_project.explain.who import End
from dagster_project.report.section import Section
from dagster_project.report.terminal import section_table
from dagster_project.report.text import written

SHOWN = 30
"""Rows of one table."""
WIDE = 60
"""Characters of one value: identifiers may have 10,000."""

_HEADLINE = (
    "lifecycle_stage", "is_known", "is_internal", "first_seen_at", "last_seen_at", "session_count", "order_count", "net_revenue",
    "average_order_value", "first_order_at", "last_order_at", "cart_value", "cart_updated_at", "email_bounced_at",
    "email_open_rate", "email_click_rate", "visiting_company",
)  # fmt: skip


def show(told: Explanation, console: Console) -> None:
    """Print everything, each audience in a line."""
    console.print(_title(told), markup=False, soft_wrap=True)
    for section in _sections(told):
        if section.rows:
            console.print(section_table(section))


def show_audience(told: Explanation, name: str, audiences: list[Audience], console: Console) -> None:
    """Print why the person is in one audience or not, clause by clause.

    Raises:
        RelanceError: there is no such audience, or no run has built it.
    """
    by_name = {audience.name: audience for audience in audiences}
    verdicts = {verdict.audience: verdict for verdict in told.verdicts}
    if name not in by_name:
        what = f"There is no audience `{short(name)}`{near_miss(name, by_name)}"
        raise RelanceError(what, "--audience", f"name one of {', '.join(sorted(by_name))}")
    if name not in verdicts:
        raise RelanceError(f"No run has built the audience `{name}` yet", "--audience", "run `relance run` first")
    verdict, spec = verdicts[name], by_name[name].spec
    console.print(_title(told), markup=False, soft_wrap=True)
    console.print(f"{name} ({verdict.kind}): {' '.join(by_name[name].description.split())}", markup=False, soft_wrap=True)
    console.print(f"{'In' if verdict.included else 'Not in'}: {verdict.why}.", markup=False, soft_wrap=True)
    sections = [Section("Clauses", ["clause", "holds"], list(verdict.met.items()))]
    if verdict.included:
        facts = [("entered_at", _moment(verdict.entered_at)), ("value", verdict.value), ("holdout", verdict.holdout)]
        facts += [(f"reason: {key}", _text(value)) for key, value in _object(verdict.reason).items()]
        facts += [(f"context: {key}", _text(value)) for key, value in _object(verdict.context).items()]
        sections.append(Section("Membership", ["what", "is"], facts))
    others = [(other, _yes(verdicts[other].included), verdicts[other].why) for other in spec.exclusions if other in verdicts]
    sections.append(Section("Leaves out the people of", ["audience", "in it", "why"], others))
    asked = {row["purpose"]: row for row in told.consents}
    consents = [
        (purpose, asked.get(purpose, {}).get("status", "no statement"), asked.get(purpose, {}).get("basis"))
        for purpose in spec.consent_purposes
    ]
    sections.append(Section("Consents that its files ask for", ["purpose", "status", "basis"], consents))
    for section in sections:
        if section.rows:
            console.print(section_table(section))


def short(text: str) -> str:
    """A text that may be very long, or hold what a terminal obeys, on one line."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(text.split()))
    return text if len(text) <= WIDE else f"{text[: WIDE - 1]}… ({len(text):,} characters)"


def _title(told: Explanation) -> str:
    who = told.who
    name = " ".join(filter(None, (told.profile.get("first_name"), told.profile.get("last_name"))))
    title = f"{who.profile_id}{': ' + short(name) if name else ''}"
    if who.former:
        title += f" (asked for as {who.former}, a former name)"
    if who.erased_at:
        title += f" (earlier data of this identifier was erased on {who.erased_at:%Y-%m-%d}; what is here came after)"
    return title


def _sections(told: Explanation) -> Iterator[Section]:
    profile = told.profile
    yield Section(
        "Profile", ["what", "is"], [(name, _cell(profile[name])) for name in _HEADLINE if profile.get(name) is not None]
    )
    yield Section(
        "Told of them",
        ["field", "value", "by", "source", "row", "at"],
        [
            (
                row["field"],
                short(row["value"]),
                row["teller"],
                row["source"],
                short(row["stated_by"] or ""),
                _moment(row["stated_at"]),
            )
            for row in told.fields
        ],
        "the word that survived, and whose it is",
    )
    yield Section(
        "Consents",
        ["purpose", "status", "basis", "since", "identifier", "proof"],
        [
            (
                row["purpose"],
                row["status"],
                row["basis"],
                _moment(row["since"]),
                short(row["identifier"] or ""),
                short(row["proof"] or ""),
            )
            for row in told.consents
        ],
        "granted alone is a yes",
    )
    yield _identifiers(told)
    yield Section(
        "Links that join nobody",
        ["identifier", "with", "rule", "why not", "last seen", "times", "evidence"],
        [
            (
                _end(own),
                _end(link.other(own)),
                link.rule,
                link.refused_reason,
                _day(link.last_seen),
                link.observations,
                _evidence(told, link),
            )
            for link in told.refused[:SHOWN]
            for own in [link.left if link.left in told.identifiers else link.right]
        ],
        f"{min(SHOWN, told.refused_count):,} of {told.refused_count:,}",
    )
    yield Section(
        "Merges, splits and former names",
        ["at", "kind", "from", "to", "because of"],
        [
            (_moment(row["at"]), row["kind"], row["old_profile_id"], row["profile_id"], row["rule"])
            for row in told.changes[-SHOWN:]
        ],
    )
    for section in score_sections(told.scores, SHOWN):
        yield Section(section.title, section.header, [tuple(map(_cell, row)) for row in section.rows], section.note)
    yield Section(
        "Audiences",
        ["audience", "kind", "in it", "why"],
        [(verdict.audience, verdict.kind, _yes(verdict.included), verdict.why) for verdict in told.verdicts],
        "clause by clause with --audience NAME",
    )


def _identifiers(told: Explanation) -> Section:
    """The tree of links: each identifier stands below the one that it is joined to."""
    shown = list(told.tree)[:SHOWN]
    below: dict[End | None, list[End]] = defaultdict(list)
    for end in shown:
        below[told.tree[end].before].append(end)
    beside = Counter(frozenset((link.left, link.right)) for link in told.links)
    rows: list[tuple[Any, ...]] = []
    stack = [told.start]
    while stack:
        end = stack.pop()
        stack += reversed(below[end])
        step = told.tree[end]
        name = "  " * step.depth + _end(end)
        if (link := step.link) is None:
            rows.append((name, "", _day(told.identifiers[end]), "", None, ""))
            continue
        others = beside[frozenset((link.left, link.right))] - 1
        rule = link.rule + (f" (and {others} more)" if others else "")
        rows.append((name, rule, _day(link.first_seen), _day(link.last_seen), link.observations, _evidence(told, link)))
    counted = Counter(kind for kind, _ in told.identifiers)
    note = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counted.items()))
    if len(shown) < len(told.tree):
        note += f"; the nearest {len(shown)} are shown, --export FILE has all"
    if apart := len(told.identifiers) - len(told.tree):
        note += f"; {apart:,} that no link joins any more are not"
    return Section(
        "Identifiers, each below the one that joins it",
        ["identifier", "rule", "first seen", "last seen", "times", "evidence"],
        rows,
        note,
    )


def _evidence(told: Explanation, link: Link) -> str:
    """`shop/orders/2026-01-01.csv row 17`, or the message or row where it is not found; nothing of what no row tells."""
    found = []
    for evidence in dict.fromkeys(filter(None, (link.first_id, link.last_id))):
        place = told.places.get((link, evidence))
        found.append(f"{place[0]} row {place[1]}" if place else short(evidence))
    return " … ".join(dict.fromkeys(found)) or link.source


def _end(end: End) -> str:
    return f"{end[0]} {short(end[1])}"


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float) or hasattr(value, "is_signed"):
        return value
    return _moment(value) if hasattr(value, "hour") else short(written(value))


def _moment(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else ""


def _day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if value else ""


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _object(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
