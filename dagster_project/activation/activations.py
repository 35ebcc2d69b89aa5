"""Activations as a marketer writes them: one YAML joins an audience to a destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from dagster_project.activation.specs import FOLDER, MESSAGE_COLUMNS, Column, Destination, Name, load_destinations
from dagster_project.audiences import AudienceSpec, Kind
from dagster_project.config_file import ConfigFile, Location, load_model, near_miss, read_config_file, several
from dagster_project.consent.policy import known_offers
from dagster_project.errors import RelanceError
from dagster_project.settings import Part, Settings

Mode = Literal["full", "delta"]
SUPPRESSION: Kind = "suppression"
SEQUENCES = "sequences"
"""Folder of the sequences, which are no activations but export like them."""
FAMILIES = ("activations", "sequences", "feed_files")
"""Kinds of what writes upload files, as assets name them."""
FEEDS = "feeds"
"""Folder of the feeds, whose rows are records of a model and not the people of an audience."""


class Options(Part):
    suppressions: list[str] | None = None
    """Suppression audiences whose people stay out; by default all that are for every file of the destination's channel."""
    empty_full: bool = False
    """Whether a full file without anybody is written too, which takes everybody off a platform's list."""


class _ActivationFile(Part):
    name: str = Field(pattern=Name)
    description: str = Field(min_length=1)
    destination: str
    audience: str
    mode: Mode
    match_keys: list[str] = Field(min_length=1)
    """Columns of the destination that the file carries."""
    priority: int = Field(default=100, ge=0)
    """Activations run in this order, smallest first."""
    exclusive: str | None = Field(default=None, pattern=Name)
    """A group of activations of which a person is in one alone: in the first, by priority, whose file has them."""
    offer: str | None = Field(default=None, pattern=Name)
    """What it offers, where the law keeps that from being canvassed (`not_canvassed` of the consent policies)."""
    options: Options = Options()


@dataclass(frozen=True)
class Activation:
    name: str
    description: str
    destination: Destination
    audience: str
    mode: Mode
    match_keys: tuple[str, ...]
    priority: int
    suppressions: tuple[str, ...] | None
    path: Path
    sequence: bool = False
    """Whether its rows are messages of a sequence that are due, rather than the members of its audience."""
    offer: str | None = None
    """What it offers, where that may not be canvassed everywhere."""
    exclusive: str | None = None
    rivals: tuple[tuple[str, str], ...] = ()
    """Name and destination of the activations that come before it in its exclusive group."""
    empty_full: bool = False
    """Whether a full file may be empty, which takes everybody off the platform's list."""

    @property
    def family(self) -> str:
        """First part of its asset's key, one of FAMILIES."""
        return "sequences" if self.sequence else "activations"

    @property
    def journalled(self) -> bool:
        """Whether the ledger keeps what was sent under which key; of feeds alone."""
        return False

    @property
    def columns(self) -> list[Column]:
        """The destination's columns that this activation sends, in the destination's order, and what a message is made of."""
        chosen = [column for column in self.destination.columns if column.key in self.match_keys]
        return [*chosen, *MESSAGE_COLUMNS] if self.sequence else chosen


def load_activations(settings: Settings, audiences: Mapping[str, AudienceSpec]) -> list[Activation]:
    """Shipped activations and the company's own (in place of a shipped one of the same name), by priority, then name.

    Only those that `activations.enabled` of relance.yml names, where it names any.

    Args:
        audiences: name → what the YAML says, of the audiences there are.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    destinations = load_destinations(settings)
    found: dict[str, Activation] = {}
    mistakes: list[RelanceError] = []
    for folder in settings.folders("activations"):
        here: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.yml")):
            if path.relative_to(folder).parts[0] in (FOLDER, SEQUENCES, FEEDS):
                continue
            try:
                activation = _load(path, settings, destinations, audiences)
            except RelanceError as error:
                mistakes.append(error)
                continue
            if activation.name in here:
                where = f"{here[activation.name]} and {path}"
                mistakes.append(RelanceError(f"Two activations have the name `{activation.name}`", where, "rename one of them"))
            here[activation.name] = path
            found[activation.name] = activation
    enabled = settings.activations.enabled
    if not mistakes:
        others = {
            path.stem
            for folder in settings.folders("activations")
            for kind in (SEQUENCES, FEEDS)
            for path in (folder / kind).glob("*.yml")
        }
        for index, name in enumerate(enabled or []):
            if name not in found and name not in others:
                where = read_config_file(settings.config_path).where(("activations", "enabled", index))
                mistakes.append(
                    RelanceError(f"Unknown activation `{name}`{near_miss(name, [*found, *others])}", where, "correct the name")
                )
    if mistakes:
        raise several(mistakes)
    chosen = [activation for activation in found.values() if enabled is None or activation.name in enabled]
    return _with_rivals(sorted(chosen, key=lambda activation: (activation.priority, activation.name)))


def _with_rivals(activations: list[Activation]) -> list[Activation]:
    """The same, each knowing those before it in its exclusive group."""
    before: dict[str, tuple[tuple[str, str], ...]] = {}
    found = []
    for activation in activations:
        if activation.exclusive:
            rivals = before.get(activation.exclusive, ())
            before[activation.exclusive] = (*rivals, (activation.name, activation.destination.name))
            activation = replace(activation, rivals=rivals)
        found.append(activation)
    return found


def _load(
    path: Path, settings: Settings, destinations: dict[str, Destination], audiences: Mapping[str, AudienceSpec]
) -> Activation:
    file = read_config_file(path)
    read = load_model(path, _ActivationFile, file=file)
    mistakes: list[RelanceError] = []

    def wrong(what: str, at: Location, how: str) -> None:
        mistakes.append(RelanceError(what, file.where(at), how))

    if read.audience not in audiences:
        wrong(f"Unknown audience `{read.audience}`{near_miss(read.audience, audiences)}", ("audience",), "correct the name")
    elif audiences[read.audience].kind == SUPPRESSION:
        how = "name an audience of people to be reached; suppression audiences stay out of every file by themselves"
        wrong(f"`{read.audience}` is a suppression audience: its people are not to be reached", ("audience",), how)
    suppressions = [name for name, spec in audiences.items() if spec.kind == SUPPRESSION]
    for index, name in enumerate(read.options.suppressions or []):
        at = ("options", "suppressions", index)
        if name not in audiences:
            wrong(f"Unknown audience `{name}`{near_miss(name, suppressions)}", at, "correct the name")
        elif name not in suppressions:
            # The gate asks suppression audiences only, so any other would silently keep nobody out.
            how = f"name suppression audiences: {', '.join(sorted(suppressions))}"
            wrong(f"`{name}` is a {audiences[name].kind} audience and suppresses nobody", at, how)
    destination = destinations.get(read.destination)
    if destination is None:
        what = f"Unknown destination `{read.destination}`{near_miss(read.destination, destinations)}"
        wrong(what, ("destination",), f"known: {', '.join(destinations)}")
        raise several(mistakes)
    if read.options.empty_full and read.mode != "full":
        what = "`empty_full` is for mode full: a delta names each person whom it removes"
        wrong(what, ("options", "empty_full"), "remove it, or choose `mode: full`")
    mistakes += wrong_match_keys(file, destination, read.match_keys)
    mistakes += wrong_offer(file, settings, read.offer)
    spec = audiences.get(read.audience)
    if spec and spec.channels and destination.channel not in spec.channels:
        what = (
            f"`{read.audience}` is for {', '.join(spec.channels)}, and {destination.name} reaches people by {destination.channel}"
        )
        wrong(what, ("destination",), f"name another destination, or add {destination.channel} to `channels` of the audience")
    if mistakes:
        raise several(mistakes)
    chosen = None if read.options.suppressions is None else tuple(read.options.suppressions)
    return Activation(
        read.name,
        read.description,
        destination,
        read.audience,
        read.mode,
        tuple(read.match_keys),
        read.priority,
        chosen,
        path,
        offer=read.offer,
        exclusive=read.exclusive,
        empty_full=read.options.empty_full,
    )


def wrong_offer(file: ConfigFile, settings: Settings, offer: str | None) -> list[RelanceError]:
    """An offer that no policy speaks of would be canvassed without a word."""
    known = known_offers(settings.consent)
    if offer is None or offer in known:
        return []
    how = f"known: {', '.join(known)}; name others under `consent: not_canvassed:` in relance.yml"
    return [RelanceError(f"No policy speaks of the offer `{offer}`{near_miss(offer, known)}", file.where(("offer",)), how)]


def wrong_match_keys(file: ConfigFile, destination: Destination, keys: list[str]) -> list[RelanceError]:
    mistakes = []
    for index, key in enumerate(keys):
        where = file.where(("match_keys", index))
        if key not in destination.keys:
            what = f"{destination.name} knows no match key `{key}`{near_miss(key, destination.keys)}"
            mistakes.append(RelanceError(what, where, f"known: {', '.join(destination.keys)}"))
        elif key in keys[:index]:
            mistakes.append(RelanceError(f"The match key `{key}` stands twice", where, "keep one of them"))
    if mistakes:
        return mistakes
    where = file.where(("match_keys",))
    telling = [key for key in keys if destination.column(key).role == "match_key"]
    if destination.rows == "identifier" and len(telling) > 1:
        what = f"A file of {destination.name} has one kind of identifier, and here are {', '.join(telling)}"
        return [RelanceError(what, where, "keep one of them, and write an activation of its own for each other")]
    if not any(set(needed) <= set(keys) for needed in destination.required_any):
        sets = " or ".join(" + ".join(needed) for needed in destination.required_any)
        mistakes.append(RelanceError(f"With these match keys {destination.name} can match nobody", where, f"add {sets}"))
    for together in destination.complete_sets:
        missing = [key for key in together if key not in keys]
        if missing and len(missing) < len(together):
            what = f"{destination.name} uses {', '.join(together)} together only; missing here: {', '.join(missing)}"
            mistakes.append(RelanceError(what, where, "add what is missing or remove the others"))
    return mistakes
