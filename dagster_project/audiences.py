"""Audiences as a marketer writes them: one dbt model and, beside it, one YAML that says what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import duckdb
from pydantic import Field

from dagster_project.config_file import ConfigFile, OpenPart, load_model, near_miss, read_config_file, several
from dagster_project.consent.policy import Purpose
from dagster_project.errors import RelanceError
from dagster_project.pressure_settings import Cap, MessageChannel
from dagster_project.settings import Part, Settings

Kind = Literal["retargeting", "remarketing", "suppression"]
Channel = Literal["ads", MessageChannel]
Goal = Literal["order", "conversion", "sale", "review", "visit"]
"""What somebody has not done yet: order, become a customer, buy (an order, a subscription or a converted lead; customers may
do so again), write a review, come to the site. The model goal_moments says when they last did."""

MODEL_NAME = "^[a-z][a-z0-9_]*$"
EVERYBODY = "all"
"""What holdouts and their lift call the trial on all people, beside those on one audience."""


class Bounds(Part):
    """Sizes at which nobody believes an audience any more: its full and add files are held back until somebody has looked."""

    least: int | None = Field(default=None, ge=0)
    most: int | None = Field(default=None, ge=1)
    grow: float | None = Field(default=None, gt=0)
    """Share by which it may grow against the run before (1: to twice its size)."""
    shrink: float | None = Field(default=None, gt=0, le=1)
    """Share that it may lose against the run before (0.5: half; 1 is to become empty)."""


class AudienceSpec(Part):
    """What stands under `config.meta.audience` in an audience's YAML."""

    kind: Kind
    window_days: int = Field(ge=1, le=3650)
    quiet_hours: int = Field(default=0, ge=0)
    """How long nothing must have happened before the person is spoken to."""
    people: Literal["any", "identified", "anonymous"] = "any"
    """Identified people have left an address, a number or an account; anonymous ones are devices."""
    goal: Goal | None = None
    """What the person has not done yet since the audience's anchor: whoever has is out. Of an order, `exclusions` must name
    recent_buyers besides."""
    exclusions: list[str] = []
    """Audiences whose people are left out of this one."""
    priority: int = Field(default=100, ge=0)
    """Where several audiences want the same person, the smallest comes first."""
    exclusive: str | None = Field(default=None, pattern=MODEL_NAME)
    """A group of audiences of which a person is in one alone, by priority."""
    everywhere: bool = True
    """Of a suppression audience: whether its people stay out of every file of its channels (of all, where it names none), or
    only of audiences that name it among their exclusions."""
    despite: list[str] = []
    """Suppression audiences that keep nobody out of this one's files, since their people are whom it is for (a review is asked of
    recent buyers)."""
    channels: list[Channel] = []
    consent_purposes: list[Purpose] = []
    frequency_cap: Cap | None = None
    """Of messages of sequences that speak to this audience, and of what tools sent its people since they entered it; who has had
    as many is in no file of that channel until the oldest is as old."""
    bounds: Bounds = Bounds()
    options: dict[str, int | float | str | list[str]] = {}
    """The audience's own numbers and names; its model reads them with option('name')."""
    says: dict[str, str] = {}
    """Clause of the model → what it asks for, in a marketer's words."""
    holdout_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    owner: str
    example: str | None = None


class _Meta(Part):
    audience: AudienceSpec


class _Config(OpenPart):
    meta: _Meta


class _Model(OpenPart):
    name: str
    description: str = Field(min_length=1)
    config: _Config


class _AudienceFile(OpenPart):
    models: list[_Model] = Field(min_length=1, max_length=1)


@dataclass(frozen=True)
class Audience:
    name: str
    description: str
    spec: AudienceSpec
    model_path: Path
    yaml_path: Path


def load_audiences(settings: Settings) -> list[Audience]:
    """Shipped audiences and the company's own (in place of a shipped one of the same file name), ordered by name.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    files: dict[str, Path] = {}
    models: dict[str, Path] = {}
    mistakes: list[RelanceError] = []
    for folder in settings.folders("audiences"):
        here: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.sql")):
            if path.stem in here:
                how = "give one of them another name"
                mistakes.append(RelanceError(f"Two audiences have the name `{path.stem}`", f"{here[path.stem]} and {path}", how))
            here[path.stem] = path
        # Files directly in the shipped folder assemble the audiences; they are none themselves.
        models |= {name: path for name, path in here.items() if path.parent != folder or folder.parent == settings.base}
        yamls: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.yml")):
            if path.name.startswith("_"):
                continue
            if path.stem in yamls:
                where = f"{yamls[path.stem]} and {path}"
                mistakes.append(
                    RelanceError(f"Two audiences have the name `{path.stem}`", where, "give one of them another name")
                )
            yamls[path.stem] = path
        files |= yamls
    audiences = []
    for name, path in sorted(files.items()):
        try:
            audiences.append(_load(name, path, models))
        except RelanceError as error:
            mistakes.append(error)
    for name in sorted(models.keys() - files.keys()):
        how = f"write {name}.yml beside it (kind, window_days, owner, description)"
        mistakes.append(RelanceError(f"The audience model `{name}` has no YAML", str(models[name]), how))
    if not mistakes:
        mistakes.extend(_wrong_exclusions(audiences))
        mistakes.extend(_wrong_windows(audiences, settings))
    if mistakes:
        raise several(mistakes)
    return audiences


def _load(name: str, path: Path, models: dict[str, Path]) -> Audience:
    file: ConfigFile = read_config_file(path)
    model = load_model(path, _AudienceFile, file=file).models[0]
    if model.name not in models:
        what = f"The audience YAML names a model that does not exist: `{model.name}`{near_miss(model.name, models)}"
        raise RelanceError(what, file.where(("models", 0, "name")), f"write {model.name}.sql beside it, or correct the name")
    if model.name != name:
        raise RelanceError(
            f"The file should be called {model.name}.yml", file.where(("models", 0, "name")), "rename one of the two"
        )
    if name == EVERYBODY:
        what = f"No audience can be called `{name}`: in holdouts and lift it means everybody"
        raise RelanceError(what, file.where(("models", 0, "name")), "give it another name")
    return Audience(name, model.description, model.config.meta.audience, models[name], path)


def _wrong_exclusions(audiences: list[Audience]) -> list[RelanceError]:
    specs = {audience.name: audience.spec for audience in audiences}
    mistakes = []
    for audience in audiences:
        file = read_config_file(audience.yaml_path)

        def wrong(what: str, at: tuple[str | int, ...], how: str, file: ConfigFile = file) -> None:
            mistakes.append(RelanceError(what, file.where(("models", 0, "config", "meta", "audience", *at)), how))

        for index, other in enumerate(audience.spec.exclusions):
            if other not in specs:
                wrong(f"Unknown audience `{other}`{near_miss(other, specs)}", ("exclusions", index), "correct the name")
            elif other == audience.name:
                wrong(f"`{other}` excludes itself", ("exclusions", index), "remove it")
            elif circle := _way(other, audience.name, specs):
                what = f"The exclusions run in a circle: {' → '.join([audience.name, *circle])}; who meets all would be in none"
                wrong(
                    what,
                    ("exclusions", index),
                    "remove one of them, or give the audiences one `exclusive` group and a `priority` each",
                )
        for index, other in enumerate(audience.spec.despite):
            if other not in specs or specs[other].kind != "suppression":
                known = [name for name, spec in specs.items() if spec.kind == "suppression"]
                what = f"There is no suppression audience `{other}`{near_miss(other, known)}"
                wrong(what, ("despite", index), f"name one of {', '.join(known)}")
        if audience.spec.goal == "order" and "recent_buyers" not in audience.spec.exclusions:
            what = "Its goal is an order, and it does not leave out who has just ordered"
            wrong(what, ("goal",), "add recent_buyers to `exclusions`")
        if audience.spec.kind != "suppression" and not audience.spec.everywhere:
            wrong("`everywhere` is for suppression audiences", ("everywhere",), "remove it")
    return mistakes


def _wrong_windows(audiences: list[Audience], settings: Settings) -> list[RelanceError]:
    """Windows of relance.yml that are no audience's, and windows shorter than the time that an audience leaves people alone."""
    overrides = settings.windows.overrides()
    names = [audience.name for audience in audiences]
    mistakes = []
    for name in sorted(overrides.keys() - set(names)):
        where = read_config_file(settings.config_path).where(("windows", name))
        mistakes.append(RelanceError(f"There is no audience `{name}`{near_miss(name, names)}", where, "correct the name"))
    for audience in audiences:
        name, quiet = audience.name, audience.spec.quiet_hours
        days = overrides.get(name, audience.spec.window_days)
        if quiet > 24 * days:
            what = f"Nobody could be in `{name}`: its window of {days} days is shorter than its `quiet_hours` ({quiet})"
            at = ("models", 0, "config", "meta", "audience", "quiet_hours")
            place = (settings.config_path, ("windows", name)) if name in overrides else (audience.yaml_path, at)
            mistakes.append(RelanceError(what, read_config_file(place[0]).where(place[1]), "lengthen the window, or wait less"))
    return mistakes


def _way(start: str, end: str, specs: dict[str, AudienceSpec]) -> list[str] | None:
    """The shortest chain of exclusions from one audience to another, both included, if there is one."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        for other in specs[way[-1]].exclusions if way[-1] in specs else []:
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return None


def write_audiences(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write control.audiences, .audience_exclusions, .audience_suppressions and .audience_says: what SQL needs of the YAMLs."""
    con.execute(
        """create or replace table control.audiences (
            audience varchar, kind varchar, window_days bigint, quiet_hours bigint, holdout_share double, people varchar,
            goal varchar, owner varchar, priority bigint, exclusive varchar, least bigint, most bigint, grow double,
            shrink double)"""
    )
    con.execute("create or replace table control.audience_exclusions (audience varchar, excludes varchar, position bigint)")
    con.execute("create or replace table control.audience_says (audience varchar, clause varchar, says varchar)")
    windows = settings.windows.overrides()
    audiences = load_audiences(settings)
    write_suppressions(con, {audience.name: audience.spec for audience in audiences})
    for audience in audiences:
        name, spec = audience.name, audience.spec
        share = spec.holdout_share if settings.holdout.share is None else settings.holdout.share
        row = [name, spec.kind, windows.get(name, spec.window_days), spec.quiet_hours]
        row += [0.0 if spec.kind == "suppression" else share, spec.people, spec.goal, spec.owner, spec.priority, spec.exclusive]
        row += [spec.bounds.least, spec.bounds.most, spec.bounds.grow, spec.bounds.shrink]
        con.execute(f"insert into control.audiences values ({', '.join('?' for _ in row)})", row)
        for position, other in enumerate(spec.exclusions):
            con.execute("insert into control.audience_exclusions values (?, ?, ?)", [name, other, position])
        for clause, says in spec.says.items():
            con.execute("insert into control.audience_says values (?, ?, ?)", [name, clause, " ".join(says.split())])


def write_suppressions(con: duckdb.DuckDBPyConnection, specs: Mapping[str, AudienceSpec]) -> None:
    """Write control.audience_suppressions: one row per audience, suppression audience whose people stay out of its files, and
    channel of these; NULL is every channel."""
    con.execute("create or replace table control.audience_suppressions (audience varchar, suppression varchar, channel varchar)")
    for name, spec in specs.items():
        for other, suppression in specs.items():
            if suppression.kind == "suppression" != spec.kind and suppression.everywhere and other not in spec.despite:
                for channel in suppression.channels or [None]:
                    con.execute("insert into control.audience_suppressions values (?, ?, ?)", [name, other, channel])
