"""The rules by which leads get points (seeds lead_rules, lead_families, lead_grades): what they say, what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.scores.lead_attributes import (
    ACTIONS,
    OPERATORS,
    actions_of,
    has_date,
    kind_of,
    known_attributes,
    looks_like_ours,
)
from dagster_project.seed_rows import Row, seed_rows
from dagster_project.settings import Settings

MOST_POINTS = 1000
"""Ten times the whole scale: enough to let one rule decide, and far from what no column holds."""
LONGEST = 36_500
"""Days, a hundred years."""

_COMPARISONS = (">", ">=", "<", "<=")


@dataclass(frozen=True)
class LeadRule:
    """One row of lead_rules that can be read. `condition` is alike for rules that hold for the same people."""

    row: Row
    rule_id: str
    attribute: str
    condition: tuple[str, ...]
    points: Decimal
    enabled: bool


def lead_rules(settings: Settings) -> list[LeadRule]:
    """The rules that can be read, in the order of the file."""
    return [found for found in _read(settings) if isinstance(found, LeadRule)]


def wrong_lead_rules(settings: Settings) -> list[RelanceError]:
    """Everything wrong with rules, families and grades, with its line."""
    found = list(_read(settings))
    rules = [each for each in found if isinstance(each, LeadRule)]
    mistakes = [each for each in found if isinstance(each, RelanceError)]
    return [*mistakes, *_twice(rules), *_contradictions(rules), *_families(settings), *_grades(settings)]


def wrong_with(settings: Settings, row: Row) -> list[RelanceError]:
    """What would be wrong if this row were in force too, in the place of the one of its name."""
    families = {each["family"] for each in seed_rows(settings, "lead_families")}
    if mistakes := list(_wrong(row, families)):
        return mistakes
    others = [rule for rule in lead_rules(settings) if rule.rule_id != row["rule_id"]]
    return list(_contradictions([*others, _rule(row)]))


def doubtful_lead_rules(settings: Settings) -> list[str]:
    """What may not be meant so: events of the site that are called almost like one of the usual names."""
    usual = {row.values["event"] for row in seed_rows(settings, "event_names")}
    lines = []
    for rule in lead_rules(settings):
        for action in actions_of(rule.attribute) if rule.enabled else []:
            alike = get_close_matches(action, usual, n=1, cutoff=0.85)
            if alike and action not in usual and action not in ACTIONS:
                lines.append(f"{rule.row.where}: no usual event is called `{action}` (did you mean `{alike[0]}`?)")
    return lines


def _read(settings: Settings) -> Iterator[LeadRule | RelanceError]:
    families = {row.values["family"] for row in seed_rows(settings, "lead_families")}
    for row in seed_rows(settings, "lead_rules"):
        if any(row.values.values()):
            mistakes = list(_wrong(row, families))
            yield from mistakes or [_rule(row)]


def _rule(row: Row) -> LeadRule:
    told = row.values
    values = "|".join(sorted(part.strip().lower() for part in told["value"].split("|")))
    if told["operator"] == "between":
        values = told["value"]
    operator = {"in": "=", "not_in": "!="}.get(told["operator"], told["operator"])
    condition = (told["attribute"], operator, values, told["within_days"])
    return LeadRule(
        row, told["rule_id"], told["attribute"], condition, Decimal(told["points"]), told["enabled"].lower() == "true"
    )


def _wrong(row: Row, families: set[str]) -> Iterator[RelanceError]:
    """What is wrong with one row by itself."""
    told = row.values

    def wrong(what: str, how: str) -> RelanceError:
        return RelanceError(what, row.where, how)

    if not told["rule_id"] or ":" in told["rule_id"] or told["rule_id"] == "scale":
        yield wrong("The rule has no name of its own", "fill in `rule_id`, without a colon and other than `scale`")
    if told["family"] not in families:
        yield wrong(
            f"There is no family `{told['family']}`{near_miss(told['family'], families)}", "name one of lead_families.csv"
        )
    if told["enabled"].lower() not in ("true", "false"):
        yield wrong("The rule does not say whether it is enabled", "write true or false")
    if told["per"] not in ("", "once", "each"):
        yield wrong("`per` is neither once nor each", "write `once`, or `each` for points each time")
    points = _number(told["points"])
    if points is None or abs(points) > MOST_POINTS:
        yield wrong(f"`points` is no number between -{MOST_POINTS} and {MOST_POINTS}", "the whole score goes from 0 to 100")
    elif points == 0:
        yield wrong("The rule gives no points", "give it points, or turn it off with `enabled` false and points of its own")
    for column, least in (("within_days", 1), ("half_life_days", Decimal("0.01"))):
        days = _number(told[column]) if told[column] else None
        whole = days is not None and (column == "half_life_days" or days == days.to_integral_value())
        if told[column] and (days is None or not whole or not least <= days <= LONGEST):
            yield wrong(
                f"`{column}` is no number of days from {1 if column == 'within_days' else 'above 0'} to {LONGEST:,}",
                "correct it, or leave it empty",
            )
    kind = kind_of(told["attribute"])
    if kind is None:
        known = known_attributes()
        yield wrong(
            f"There is no attribute `{told['attribute']}`{near_miss(told['attribute'], known)}",
            f"write one of {', '.join(known)}",
        )
        return
    for action in actions_of(told["attribute"]):
        if not action or (looks_like_ours(action) and action not in ACTIONS and action.split("_")[0] in _OUR_WORDS):
            yield wrong(
                f"Nobody does `{action}`{near_miss(action, ACTIONS)}",
                f"write an event of the site, or one of {', '.join(ACTIONS)}",
            )
    did = bool(actions_of(told["attribute"])) or told["attribute"].endswith(".visit")
    if told["within_days"] and not did:
        yield wrong(f"`within_days` says nothing of `{told['attribute']}`", "leave it empty; it is for times, seconds and pages")
    if told["half_life_days"] and not has_date(told["attribute"]):
        yield wrong(f"`{told['attribute']}` does not grow old, so its points have no half-life", "leave `half_life_days` empty")
    if told["per"] == "each" and not told["attribute"].startswith("times."):
        yield wrong("Only what people do can count each time", "write `once`, or an attribute `times.…`")
    yield from (wrong(*found) for found in _wrong_value(told["attribute"], told["operator"], told["value"]))


_OUR_WORDS = {name.split("_")[0] for name in ACTIONS}


def _wrong_value(attribute: str, operator: str, value: str) -> Iterator[tuple[str, str]]:
    """(what, how) of an operator that does not suit the attribute, or a value that does not suit the operator."""
    kind = kind_of(attribute) or "either"
    if operator not in OPERATORS[kind]:
        yield (
            f"`{operator}` can't be asked of `{attribute}`{near_miss(operator, OPERATORS[kind])}",
            f"write one of {' '.join(OPERATORS[kind])}",
        )
        return
    if operator in ("known", "unknown"):
        if value:
            yield f"`{operator}` takes no value", "leave `value` empty"
        return
    parts = [part.strip() for part in value.split("|")]
    if not all(parts):
        yield "The rule has no value, or an empty one", "fill in `value`; several are parted by |"
        return
    numeric = operator in (*_COMPARISONS, "between") or kind == "number"
    numbers = [_number(part) for part in parts]
    if numeric and None in numbers:
        yield f"`{operator}` needs a number", "write digits with a decimal point"
    elif operator == "between" and (len(numbers) != 2 or numbers[0] > numbers[1]):  # type: ignore[operator]
        yield "`between` needs two numbers, the lower one first", "write them as 45|60"
    elif numeric and operator != "between" and len(parts) > 1:
        yield f"`{operator}` takes one number", "write one; `between` takes two"


def _number(text: str) -> Decimal | None:
    """A finite number that a column of money holds, else None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**14 else None


def _twice(rules: list[LeadRule]) -> Iterator[RelanceError]:
    first: dict[str, LeadRule] = {}
    for rule in rules:
        if rule.rule_id in first:
            where = f"{first[rule.rule_id].row.where} and {rule.row.where}"
            yield RelanceError(f"Two rules are called `{rule.rule_id}`", where, "give one of them another name")
        first.setdefault(rule.rule_id, rule)


def _contradictions(rules: list[LeadRule]) -> Iterator[RelanceError]:
    """Rules in force that hold for the same people and give them different points, or the same points twice."""
    first: dict[tuple[str, ...], LeadRule] = {}
    for rule in rules:
        if not rule.enabled:
            continue
        other = first.setdefault(rule.condition, rule)
        if other is rule:
            continue
        where = f"{other.row.where} and {rule.row.where}"
        if other.points == rule.points:
            yield RelanceError(f"`{other.rule_id}` and `{rule.rule_id}` are one rule told twice", where, "keep one of them")
        else:
            what = (
                f"`{other.rule_id}` and `{rule.rule_id}` contradict each other: {other.points:+} and {rule.points:+} for the same"
            )
            yield RelanceError(what, where, "keep one of them, or turn one off")


def _families(settings: Settings) -> Iterator[RelanceError]:
    seen: set[str] = set()
    for row in seed_rows(settings, "lead_families"):
        told = row.values
        if not told["family"] or told["family"] in seen or told["family"] == "scale":
            yield RelanceError("The family has no name of its own", row.where, "give each family one name, other than `scale`")
        seen.add(told["family"])
        if told["axis"] not in ("fit", "engagement"):
            yield RelanceError("`axis` is neither fit nor engagement", row.where, "write which of the two its points count for")
        low, high = (_number(told[name]) if told[name] else None for name in ("min_points", "max_points"))
        unread = [name for name, found in (("min_points", low), ("max_points", high)) if told[name] and found is None]
        if unread:
            yield RelanceError(f"`{unread[0]}` is no number", row.where, "correct it, or leave it empty")
        elif (low or 0) > 0 or (high or 0) < 0 or any(abs(bound or 0) > MOST_POINTS for bound in (low, high)):
            how = f"min_points is at most 0, max_points at least 0, both within {MOST_POINTS}"
            yield RelanceError("The bounds leave no room for a lead without points", row.where, how)


def _grades(settings: Settings) -> Iterator[RelanceError]:
    names: dict[str, Callable[[str], bool]] = {"fit": "ABC".__contains__, "engagement": "123".__contains__}
    found: dict[str, dict[str, Decimal | None]] = {axis: {} for axis in names}
    where = ""
    for row in seed_rows(settings, "lead_grades"):
        where, told = row.where, row.values
        at_least = _number(told["at_least"]) if told["at_least"] else None
        if told["axis"] not in names or len(told["grade"]) != 1 or not names[told["axis"]](told["grade"]):
            yield RelanceError("The row names no grade", row.where, "fit has A, B and C, engagement 1, 2 and 3")
        elif told["grade"] in found[told["axis"]]:
            yield RelanceError(f"The grade {told['grade']} stands twice", row.where, "keep one of them")
        elif (at_least is None) != (told["grade"] in "C3"):
            yield RelanceError("`at_least` is a number, and empty for the lowest grades C and 3", row.where, "correct it")
        else:
            found[told["axis"]][told["grade"]] = at_least
    for axis, grades in found.items():
        bounds = [grades[grade] for grade in sorted(grades) if grades[grade] is not None]
        if len(grades) < 3 or bounds != sorted(bounds, reverse=True) or len(set(bounds)) < len(bounds):  # type: ignore[type-var]
            yield RelanceError(f"The grades of {axis} are not three, the best one first", where, "correct `at_least`")
