"""What consent policies forbid to score, as it bears on rules for leads and on proposals of such rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from dagster_project.consent.policy import region_of, scoring_forbidden, unscored_attributes
from dagster_project.errors import RelanceError
from dagster_project.scores.lead_rules import LeadRule, lead_rules
from dagster_project.seed_rows import seed_rows
from dagster_project.settings import Settings

NEVER_PROPOSED = ("gender", "trait.gender", "trait.sex")
"""A human may write a rule on it where the policy allows that; the machine does not suggest to."""


def forbidden_lead_rules(settings: Settings) -> list[RelanceError]:
    """Rules in force on what the policy where the company is at home forbids to score."""
    return list(_forbidden(settings, lead_rules(settings)))


def _forbidden(settings: Settings, rules: Iterable[LeadRule]) -> Iterator[RelanceError]:
    home = region_of(settings.consent, settings.company.country)
    for rule in rules:
        if rule.enabled and (source := scoring_forbidden(settings.consent, rule.attribute).get(home)):
            what = f"The policy of {home} forbids scores made of `{rule.attribute}` ({source})"
            yield RelanceError(what, rule.row.where, "turn the rule off; `consent: scoring:` in relance.yml is for your counsel")


def write_lead_policy(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """
    control.forbidden_rules: region, rule_id of the rules that give nobody points where that region's policy holds.
    control.unproposed_attributes: pattern (LIKE) of attributes that no rule is proposed on.
    """
    con.execute("create or replace table control.forbidden_rules (region varchar, rule_id varchar)")
    for rule in lead_rules(settings):
        for region in scoring_forbidden(settings.consent, rule.attribute):
            con.execute("insert into control.forbidden_rules values (?, ?)", [region, rule.rule_id])
    home = region_of(settings.consent, settings.company.country)
    denied = (row["pattern"] for row in seed_rows(settings, "denied_features"))
    # In rules, an action goes by `times.`.
    columns = {
        f"times.{each.removeprefix('action.')}" if each.startswith("action.") else f"trait.{each}" for each in denied if each
    }
    patterns = sorted({*NEVER_PROPOSED, *unscored_attributes(settings.consent, home), *columns})
    con.execute("create or replace table control.unproposed_attributes (pattern varchar)")
    con.executemany(
        "insert into control.unproposed_attributes values (?)", [[each.lower().replace("*", "%")] for each in patterns]
    )
