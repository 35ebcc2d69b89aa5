"""What no prediction may be made of: what is filled in after the outcome, and what law or decency forbids (denied_features)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import duckdb

from dagster_project.config_file import read_config_file
from dagster_project.consent.policy import load_packs, scoring_forbidden
from dagster_project.errors import RelanceError
from dagster_project.seed_rows import seed_rows
from dagster_project.settings import Settings

SEED = "denied_features"


class Denied:
    """The deny-list.

    Args:
        rules: pattern (`*` stands for any letters) and reason. A pattern is held against the name of a column, in lower case with
            `_` for whatever is neither letter nor digit, and against the feature's full name (`trait.duration`). Actions are
            counted up to the moment that is looked at, so that they tell nothing of what came after: of them, only those that
            are named as such are denied (`action.form_submitted`).
    """

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        self._rules = [(pattern.strip().lower(), reason) for pattern, reason in rules if pattern.strip()]

    def reason(self, feature: str) -> str | None:
        """Why a feature is denied; None if it is not."""
        kind, name = feature.partition(".")[0], plain(subject(feature))
        is_column = kind in ("trait", "lead")
        names = {feature.lower(), name, f"{kind}.{name}"} if is_column else {f"action.{name}"}
        rules = [rule for rule in self._rules if is_column or rule[0].startswith("action.")]
        return next((reason for pattern, reason in rules if any(fnmatchcase(name, pattern) for name in names)), None)


def subject(feature: str) -> str:
    """What a feature is about: the column of `trait.<column>` and `lead.<column>`, the action of `times.<action>.<window>`."""
    kind, _, name = feature.partition(".")
    return name.rpartition(".")[0] if kind in ("times", "minutes", "amount") else name or kind


def plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower())


def forbidden_by_policy(settings: Settings) -> list[tuple[str, str]]:
    """Patterns and reasons of what the policy of any region forbids: one model speaks of people of all."""
    changes = settings.consent
    patterns = {pattern for pack in load_packs().values() for rule in pack.scoring_forbidden for pattern in rule.attributes}
    patterns |= {attribute for attributes in changes.scoring.values() for attribute in attributes}
    found = []
    for pattern in sorted(patterns):
        if reasons := scoring_forbidden(changes, pattern):
            found += [(pattern, next(iter(reasons.values())))]
    return found


def write_forbidden(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write control.scoring_forbidden: pattern, reason."""
    con.execute("create or replace table control.scoring_forbidden (pattern varchar, reason varchar)")
    for rule in forbidden_by_policy(settings):
        con.execute("insert into control.scoring_forbidden values (?, ?)", rule)


def wrong_features(settings: Settings) -> list[RelanceError]:
    """Features that relance.yml asks for and that are denied, and rows of the seed that deny nothing or give no reason."""
    mistakes = []
    rules = forbidden_by_policy(settings)
    for row in seed_rows(settings, SEED):
        if not row["pattern"] or not row["reason"]:
            mistakes.append(RelanceError("The row needs a pattern and a reason", row.where, "fill in both, or take it out"))
        else:
            rules.append((row["pattern"], row["reason"]))
    denied = Denied(rules)
    wanted = settings.scores.predictions.features or []
    file = read_config_file(settings.config_path) if wanted else None
    for position, name in enumerate(wanted):
        reason = denied.reason(f"trait.{name}") or denied.reason(f"lead.{name}")
        if reason and file:
            where = file.where(("scores", "predictions", "features", position))
            how = f"take it out; the seed {SEED} says what is denied"
            mistakes.append(RelanceError(f"No prediction may be made of `{name}`: {reason}", where, how))
    return mistakes
