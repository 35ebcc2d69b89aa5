"""Feeds as people write them: one YAML joins a dbt model of records (products, conversions, refusals, …) to a destination.

What a model tells of each record, beside the columns that the destination carries:

* `record_key`: unique, the same from run to run;
* `profile_id` (optional): whom the record is of, so that gates ask and an erasure finds it; NULL where it is of nobody;
* `left_out` (optional): why the record is not sent, in a few words; it is counted in the manifest;
* `is_withdrawn` (optional): that the record is no longer so, for destinations where that alone removes it;
* `since` (optional): when somebody refused, for refusals that a destination must hear of again;
* `journal` (optional): JSON, nothing personal in it; kept with the record's key in the ledger, for models that have to know what
  was sent (control.sent_records).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from dagster_project.activation.activations import FEEDS, Activation, Mode
from dagster_project.activation.specs import Destination, Name, Records, load_all_destinations
from dagster_project.config_file import ConfigFile, Location, OpenPart, load_model, near_miss, read_config_file, several
from dagster_project.errors import RelanceError
from dagster_project.settings import SHIPPED, Part, Settings

KEY, PERSON, LEFT_OUT, WITHDRAWN, JOURNAL, SINCE = "record_key", "profile_id", "left_out", "is_withdrawn", "journal", "since"
SCHEMA = "feeds"
MODELS = SHIPPED / "dbt_models" / "models" / "feeds"


class Bounds(Part):
    """Sizes at which nobody believes a feed any more: its full and add files are held back until somebody has looked."""

    shrink: float = Field(default=1, gt=0, le=1)
    """Share of what the destination holds that may be missing from the model (0.5: half; 1: all)."""


class _FeedFile(Part):
    name: str = Field(pattern=Name)
    description: str = Field(min_length=1)
    destination: str
    model: str = Field(pattern=Name)
    mode: Mode
    priority: int = Field(default=100, ge=0)
    """Runs in this order among the activations, smallest first."""
    beside: list[str] = []
    """Runs wherever a list or a sequence goes to one of these destinations; by default everywhere."""
    by_default: bool = True
    """Whether it runs where `activations.enabled` names nothing at all."""
    bounds: Bounds = Bounds()


class _Column(OpenPart):
    name: str


class _Model(OpenPart):
    name: str
    description: str = Field(min_length=1)
    columns: list[_Column] = Field(min_length=1)


class _ModelFile(OpenPart):
    models: list[_Model] = Field(min_length=1, max_length=1)


@dataclass(frozen=True)
class FeedModel:
    """A dbt model of records: its name, its files and the columns that its YAML names."""

    name: str
    path: Path
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Feed(Activation):
    """An activation whose rows are the records of a model instead of the people of an audience."""

    model: FeedModel
    beside: tuple[str, ...]
    by_default: bool
    bounds: Bounds

    def has(self, column: str) -> bool:
        """Whether the model tells this of its records."""
        return column in self.model.columns

    @property
    def family(self) -> str:
        return "feed_files"

    @property
    def journalled(self) -> bool:
        return self.has(JOURNAL)

    @property
    def rules(self) -> Records:
        rules = self.destination.records
        assert rules is not None, "load_destination refuses records without rules"
        return rules

    @property
    def removes(self) -> bool:
        """Whether what the destination holds can come to be gone there."""
        return self.rules.gone != "kept"

    @property
    def forgets(self) -> bool:
        """Whether a record is gone there once the model no longer has it, as after an erasure."""
        return self.rules.gone in ("removed", "replaced")

    @property
    def tells_refusals(self) -> bool:
        return self.rules.refusals


def load_feeds(settings: Settings, running: Collection[Activation]) -> list[Feed]:
    """The feeds that run, by priority, then name: all that `activations.enabled` of relance.yml names or, where it names nothing,
    those by default that stand beside something that runs.

    Args:
        running: activations and sequences that run.

    Raises:
        RelanceError: as read_feeds; or a feed has the name of an activation or sequence.
    """
    found = read_feeds(settings)
    paths = {each.name: each.path for each in running}
    if twice := [feed for feed in found if feed.name in paths]:
        what, how = "A feed and an activation have the name", "rename one of them"
        raise several(RelanceError(f"{what} `{one.name}`", f"{paths[one.name]} and {one.path}", how) for one in twice)
    enabled, used = settings.activations.enabled, {each.destination.name for each in running}
    if enabled is not None:
        return [feed for feed in found if feed.name in enabled]
    return [feed for feed in found if feed.by_default and (not feed.beside or used & set(feed.beside))]


def never_left_behind(feeds: Iterable[Feed]) -> set[tuple[str, str]]:
    """(activation, destination) of the feeds of which nothing is ever removed: what was sent stays, whether they run or not."""
    return {(feed.name, feed.destination.name) for feed in feeds if not feed.removes}


def read_feeds(settings: Settings) -> list[Feed]:
    """Shipped feeds and the company's own (in place of a shipped one of the same name), whether they run or not.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    destinations = load_all_destinations(settings)
    models, mistakes = _read_models(settings)
    found: dict[str, Feed] = {}
    for folder in settings.folders("activations"):
        for path in sorted((folder / FEEDS).glob("*.y*ml")):
            if path.suffix != ".yml":
                mistakes.append(RelanceError("A file of this name is not read", str(path), f"call it {path.stem}.yml"))
                continue
            try:
                feed = _load(path, destinations, models)
            except RelanceError as error:
                mistakes.append(error)
                continue
            found[feed.name] = feed
    if mistakes:
        raise several(mistakes)
    return sorted(found.values(), key=lambda feed: (feed.priority, feed.name))


def feed_model_files(settings: Settings) -> dict[str, list[Path]]:
    """Model name → its SQL and YAML: the shipped ones and the company's own, which stand beside its feeds."""
    files: dict[str, list[Path]] = {}
    for folder in [MODELS, settings.base / "activations" / FEEDS / "models"]:
        for path in sorted(folder.glob("*.sql")):
            files[path.stem] = [each for each in (path, path.with_suffix(".yml")) if each.is_file()]
    return files


def own_models(settings: Settings) -> list[FeedModel]:
    """The company's own models, by name.

    Raises:
        RelanceError: every mistake in their YAMLs.
    """
    models, mistakes = _read_models(settings)
    if mistakes:
        raise several(mistakes)
    return [model for _, model in sorted(models.items()) if not model.path.is_relative_to(SHIPPED)]


def _read_models(settings: Settings) -> tuple[dict[str, FeedModel], list[RelanceError]]:
    models: dict[str, FeedModel] = {}
    mistakes: list[RelanceError] = []
    for name, (sql, *yaml) in feed_model_files(settings).items():
        if not yaml:
            how = f"write {name}.yml beside it: description and columns"
            mistakes.append(RelanceError(f"The feed model `{name}` has no YAML", str(sql), how))
            continue
        try:
            told = load_model(yaml[0], _ModelFile, file=read_config_file(yaml[0])).models[0]
        except RelanceError as error:
            mistakes.append(error)
            continue
        if told.name != name:
            mistakes.append(RelanceError(f"The YAML speaks of `{told.name}`", str(yaml[0]), f"let it speak of `{name}`"))
        models[name] = FeedModel(name, sql, tuple(column.name for column in told.columns))
    return models, mistakes


def _load(path: Path, destinations: dict[str, Destination], models: dict[str, FeedModel]) -> Feed:
    file = read_config_file(path)
    read = load_model(path, _FeedFile, file=file)
    mistakes: list[RelanceError] = []

    def wrong(what: str, at: Location, how: str) -> None:
        mistakes.append(RelanceError(what, file.where(at), how))

    of_records = {name: each for name, each in destinations.items() if each.rows == "record"}
    if read.name != path.stem:
        wrong(f"The file should be called {read.name}.yml", ("name",), "rename one of the two")
    for index, name in enumerate(read.beside):
        if name not in destinations:
            wrong(f"Unknown destination `{name}`{near_miss(name, destinations)}", ("beside", index), "correct the name")
    if read.destination in destinations and read.destination not in of_records:
        how = f"join it to an audience, or name a destination of records: {', '.join(of_records)}"
        wrong(f"{read.destination} takes people, not records", ("destination",), how)
    elif read.destination not in of_records:
        what = f"Unknown destination `{read.destination}`{near_miss(read.destination, of_records)}"
        wrong(what, ("destination",), "correct the name")
    if read.model not in models:
        how = f"write {FEEDS}/models/{read.model}.sql and .yml, or correct the name"
        wrong(f"Unknown model `{read.model}`{near_miss(read.model, models)}", ("model",), how)
    if mistakes:
        raise several(mistakes)
    destination, model = of_records[read.destination], models[read.model]
    if mistakes := _unfit(file, destination, model, read.mode):
        raise several(mistakes)
    return Feed(
        read.name, read.description, destination, f"{SCHEMA}.{model.name}", read.mode, tuple(destination.keys), read.priority,
        None, path, model=model, beside=tuple(read.beside), by_default=read.by_default,
        bounds=read.bounds,
    )  # fmt: skip


def _unfit(file: ConfigFile, destination: Destination, model: FeedModel, mode: Mode) -> list[RelanceError]:
    """Why a model can't feed a destination."""
    at = file.where(("model",))
    rules = destination.records
    needed = [KEY, *(column.field for column in destination.columns if column.field)]
    needed += [PERSON] if destination.consent.purposes else []
    needed += [WITHDRAWN] if rules and rules.gone == "told" else []
    mistakes = [
        RelanceError(
            f"{destination.name} carries `{name}`, which the model {model.name} does not tell{near_miss(name, model.columns)}",
            at, f"add it to {model.name}.sql and its YAML, or name another model",
        )
        for name in dict.fromkeys(needed) if name not in model.columns
    ]  # fmt: skip
    if rules and rules.gone == "replaced":
        if mode != "full":
            what = f"Each file of {destination.name} takes the place of the last: a delta would take away all the rest"
            mistakes.append(RelanceError(what, file.where(("mode",)), "write `mode: full`"))
        if PERSON in model.columns:
            # Where a gate closes the full file, nothing would tell the destination who has to go.
            what = f"{destination.name} is told of removals by full files only, and {model.name} tells of people"
            mistakes.append(RelanceError(what, at, "name a destination whose removals have files of their own"))
    return mistakes
