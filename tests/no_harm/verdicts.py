"""The rules held against what destinations hold: who stands there against one, whom each kept out, who is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from .consent import may
from .exports import Line
from .facts import Known, erased_ids
from .lived import After, Lived
from .pressure import is_capped
from .rules import LISTS, MAILING, RULES, bounced, is_held_out, spec, wrong_addresses

EXTRA = ("erased", "holdout", "frequency cap", "wrong address", "bounced address", "nobody's any more", "no open cart")
COMPANIONS = {"complained": {"no consent", "frequency cap"}, "objects to profiling": {"no consent"}}
"""Rule → others that may hold of the same people, since one word means both."""


@dataclass
class Verdicts:
    """offences: rule → activation → rows; kept_out: rule → people who would have been in a list but for this rule alone; missing
    and rightly: list → how often somebody who may be in it was not, and was.
    """

    offences: dict[str, Counter[str]]
    kept_out: dict[str, set[int]]
    missing: Counter[str]
    rightly: Counter[str]


def judge(lived: Lived) -> Verdicts:
    verdicts = Verdicts(defaultdict(Counter), defaultdict(set), Counter(), Counter())
    for after, line in lived.lines():
        for rule in broken(after, line):
            verdicts.offences[rule][line.activation] += 1
    for after in lived.after:
        for name, (destination, audience, is_for) in LISTS.items():
            _count(verdicts, after, name, [known for known in everybody(after) if is_for(known)], destination, audience)
    return verdicts


def everybody(after: After) -> Iterator[Known]:
    return (known for group in after.known.values() for known in group)


def _count(verdicts: Verdicts, after: After, name: str, people: list[Known], destination: str, audience: str) -> None:
    """Whom each rule kept out of a list alone, and whether all others are in it."""
    inside = {(line.person, one) for line in after.held.get(name, []) for one in line.addresses}
    for known in people:
        found = reasons(after, known, destination, audience)
        if known.person.is_taken_for_two:
            continue
        for rule in found:
            if found <= {rule} | COMPANIONS.get(rule, set()):
                verdicts.kept_out[rule].add(known.person.number)
        reachable = any(one.startswith(("email:", "phone:")) for one in known.ids)
        if destination == "brevo":
            reachable = any(may(known, "email", email) and not bounced(known, email) for email in known.emails)
        if not found and reachable and after.held.get(name):
            is_in = any((known.person.number, one) in inside for one in known.ids)
            (verdicts.rightly if is_in else verdicts.missing)[name] += 1


def reasons(after: After, known: Known, destination: str, audience: str) -> set[str]:
    """Every rule that keeps somebody out of a destination's lists of an audience."""
    found = {rule for rule, applies in RULES.items() if applies(known, destination, audience)}
    if destination in MAILING:
        own = [message for message in after.sent.get(known.person.number, []) if message[0] in known.ids]
        cap = spec(audience).get("frequency_cap")
        if is_capped(known, MAILING[destination], own, audience, cap, after.entered(known, audience)):
            found.add("frequency cap")
    if any(is_held_out(audience, name) for name in after.names(known, audience)):
        found.add("holdout")
    return found


def broken(after: After, line: Line) -> set[str]:
    """Every rule that a row breaks."""
    person = after.people[line.person]
    if person.erased and person.erased.run <= after.run and erased_ids(person) & line.addresses:
        return {"erased"}
    known = after.of_line(line)
    if known is None:
        return {"nobody's any more"}
    found = reasons(after, known, line.destination, line.audience)
    if wrong_addresses(known, line.destination, line.addresses):
        found.add("wrong address")
    if line.destination == "brevo" and any(bounced(known, one.partition(":")[2]) for one in line.addresses):
        found.add("bounced address")
    if line.audience == "cart_abandoners" and not known.cart:
        found.add("no open cart")
    if person.is_taken_for_two:
        found &= {"under age"}
    # Who waits for the next step of a sequence is not spoken to now, and stays.
    return found - {"frequency cap"} if line.is_sequence and line not in after.added.get(line.activation, []) else found
