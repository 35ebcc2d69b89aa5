"""Why a person is in one audience or not, printed."""

from __future__ import annotations

import duckdb
from rich.console import Console

from dagster_project.activation.activations import Activation
from dagster_project.audiences import Audience, AudienceSpec
from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.explain.cells import fields, moment, short, worded, yes
from dagster_project.explain.person import Explanation
from dagster_project.explain.show import title
from dagster_project.explain.verdicts import kept_from_files, sides_of
from dagster_project.report.section import Section
from dagster_project.report.terminal import section_table


def show_audience(
    con: duckdb.DuckDBPyConnection,
    told: Explanation,
    name: str,
    audiences: list[Audience],
    activations: list[Activation],
    console: Console,
) -> None:
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
    console.print(title(told), markup=False, soft_wrap=True)
    console.print(f"{name} ({verdict.kind}): {' '.join(by_name[name].description.split())}", markup=False, soft_wrap=True)
    console.print(f"{'In' if verdict.included else 'Not in'}: {verdict.why}.", markup=False, soft_wrap=True)
    sides = sides_of(con, name, told.who.profile_id)
    clauses = []
    for clause in verdict.clauses:
        theirs, said, bound = sides.get(clause.name, ("", "", ""))
        clauses.append(
            (clause.says, "" if clause.holds is None else yes(clause.holds), worded(theirs), f"{said} {worded(bound)}")
        )
    sections = [Section("Clauses", ["asked for", "holds", "theirs", "held against"], clauses)]
    if verdict.included:
        own = verdict.membership
        facts = [("entered_at", moment(own.get("entered_at"))), ("value", own.get("value")), ("holdout", own.get("holdout"))]
        facts += [(f"reason: {key}", worded(value)) for key, value in fields(own.get("reason")).items()]
        facts += [(f"context: {key}", worded(value)) for key, value in fields(own.get("context")).items()]
        sections.append(Section("Membership", ["what", "is"], facts))
    others = [(other, yes(verdicts[other].included), verdicts[other].why) for other in spec.exclusions if other in verdicts]
    sections.append(Section("Leaves out the people of", ["audience", "in it", "why"], others))
    sections.append(Section("Keep them out of its files", ["audience", "for", "why"], kept_from_files(con, name, told.verdicts)))
    asked = {row["purpose"]: row for row in told.consents}
    consents = [
        (files, purpose, asked.get(purpose, {}).get("status", "no statement"), asked.get(purpose, {}).get("basis"))
        for files, purpose in _purposes(spec, [each for each in activations if each.audience == name])
    ]
    sections.append(Section("Consents that its files ask for", ["file", "purpose", "status", "basis"], consents))
    for section in sections:
        if section.rows:
            console.print(section_table(section))


def _purposes(spec: AudienceSpec, activations: list[Activation]) -> list[tuple[str, str]]:
    """(activation, purpose) of what the destinations of its files ask for; what the YAML declares where there is no file yet."""
    if not activations:
        return [("none yet", purpose) for purpose in spec.consent_purposes]
    return [(each.name, purpose) for each in activations for purpose in each.destination.consent.purposes]
