"""Audiences as a marketer writes them: one dbt model and, beside it, one YAML that says what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from dagster_project.config_file import ConfigFile, load_model, near_miss, read_config_file, several
from dagster_project.consent.policy import Purpose
from dagster_project.errors import RelanceError
from dagster_project.settings import Part, Settings

Kind = Literal["retargeting", "remarketing", "suppression"]


class FrequencyCap(Part):
    """At most `messages` in `days` for one person through this audience."""

    messages: int = Field(ge=1)
    days: int = Field(ge=1)


class AudienceSpec(Part):
    """What stands under `config.meta.audience` in an audience's YAML."""

    kind: Kind
    window_days: int = Field(ge=1, le=3650)
    quiet_hours: int = Field(default=0, ge=0)
    """How long nothing must have happened before the person is spoken to."""
    goal: Literal["order"] | None = None
    """What the person has not done yet. Who has just ordered is out: `exclusions` must name recent_buyers."""
    exclusions: list[str] = []
    """Audiences whose people are left out of this one."""
    channels: list[Literal["ads", "email", "sms", "whatsapp", "push", "phone", "post"]] = []
    consent_purposes: list[Purpose] = []
    frequency_cap: FrequencyCap | None = None
    """Declared for whoever plans the mailings; nothing enforces it yet."""
    holdout_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    owner: str
    example: str | None = None


class _Meta(Part):
    audience: AudienceSpec


class _Config(Part):
    model_config = {"extra": "allow", "frozen": True}
    meta: _Meta


class _Model(Part):
    model_config = {"extra": "allow", "frozen": True}
    name: str
    description: str = Field(min_length=1)
    config: _Config


class _AudienceFile(Part):
    model_config = {"extra": "allow", "frozen": True}
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
        files |= {path.stem: path for path in sorted(folder.rglob("*.yml")) if not path.name.startswith("_")}
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
    return Audience(name, model.description, model.config.meta.audience, models[name], path)


def _wrong_exclusions(audiences: list[Audience]) -> list[RelanceError]:
    names = {audience.name for audience in audiences}
    mistakes = []
    for audience in audiences:
        file = read_config_file(audience.yaml_path)
        for index, other in enumerate(audience.spec.exclusions):
            where = file.where(("models", 0, "config", "meta", "audience", "exclusions", index))
            if other not in names:
                mistakes.append(RelanceError(f"Unknown audience `{other}`{near_miss(other, names)}", where, "correct the name"))
            elif other == audience.name:
                mistakes.append(RelanceError(f"`{other}` excludes itself", where, "remove it"))
        if audience.spec.goal == "order" and "recent_buyers" not in audience.spec.exclusions:
            where = file.where(("models", 0, "config", "meta", "audience", "goal"))
            mistakes.append(
                RelanceError(
                    "Its goal is an order, and it does not leave out who has just ordered",
                    where,
                    "add recent_buyers to `exclusions`",
                )
            )
    return mistakes
