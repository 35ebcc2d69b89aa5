"""An explanation on the terminal: tables as of the other commands, bounded however much hangs on a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from dagster_project.explain.cells import cell, day, moment, short, yes
from dagster_project.explain.links import Link
from dagster_project.explain.person import Explanation
from dagster_project.explain.scores import score_sections
from dagster_project.explain.who import End
from dagster_project.report.section import Section
from dagster_project.report.terminal import section_table

SHOWN = 30
"""Rows of one table."""
_HEADLINE = (
    "lifecycle_stage", "is_known", "is_internal", "first_seen_at", "last_seen_at", "session_count", "order_count", "net_revenue",
    "average_order_value", "first_order_at", "last_order_at", "cart_value", "cart_updated_at", "email_bounced_at",
    "email_open_rate", "email_click_rate", "visiting_company",
)  # fmt: skip


def show(told: Explanation, console: Console) -> None:
    """Print everything, each audience in a line."""
    console.print(title(told), markup=False, soft_wrap=True)
    for section in _sections(told):
        if section.rows:
            console.print(section_table(section))


def title(told: Explanation) -> str:
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
    yield Section("Profile", ["what", "is"], [(name, cell(profile[name])) for name in _HEADLINE if profile.get(name) is not None])
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
                moment(row["stated_at"]),
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
                moment(row["since"]),
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
                day(link.last_seen),
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
            (moment(row["at"]), row["kind"], row["old_profile_id"], row["profile_id"], row["rule"])
            for row in told.changes[-SHOWN:]
        ],
    )
    for section in score_sections(told.scores, SHOWN):
        yield Section(section.title, section.header, [tuple(map(cell, row)) for row in section.rows], section.note)
    yield Section(
        "Audiences",
        ["audience", "kind", "in it", "why"],
        [(verdict.audience, verdict.kind, yes(verdict.included), verdict.why) for verdict in told.verdicts],
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
            rows.append((name, "", day(told.identifiers[end]), "", None, ""))
            continue
        others = beside[frozenset((link.left, link.right))] - 1
        rule = link.rule + (f" (and {others} more)" if others else "")
        rows.append((name, rule, day(link.first_seen), day(link.last_seen), link.observations, _evidence(told, link)))
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
