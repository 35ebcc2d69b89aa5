"""Sequences as a marketer writes them: one YAML says whom a series of messages speaks to, when each is due and what ends it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.activation.activations import SEQUENCES, Activation, load_activations, wrong_match_keys
from dagster_project.activation.specs import Destination, Name, load_destinations
from dagster_project.audiences import Audience
from dagster_project.config_file import ConfigFile, Location, load_model, near_miss, read_config_file, several
from dagster_project.errors import RelanceError
from dagster_project.pressure_settings import MessageChannel, Rounds, contradiction
from dagster_project.settings import Part, Settings

Stop = Literal["replied", "answered", "clicked"]
"""What ends a sequence beside leaving its audience: a reply to a message, a call that was answered, a click in a message."""


class After(Part):
    """How long after the anchor or, from the second step on, after the step before was really exported. Hours are counted by the
    clock; days and working days by the company's calendar, the same or the next working day being 0."""

    hours: int | None = Field(default=None, ge=0, le=24 * 365)
    days: int | None = Field(default=None, ge=0, le=1095)
    working_days: int | None = Field(default=None, ge=0, le=260)

    @model_validator(mode="after")
    def _one(self) -> After:
        if len(self.model_fields_set & {"hours", "days", "working_days"}) != 1:
            raise ValueError("should say one of hours, days and working_days")
        return self

    @property
    def unit(self) -> str:
        return next(iter(self.model_fields_set))

    @property
    def amount(self) -> int:
        return getattr(self, self.unit)

    @property
    def at_least_days(self) -> float:
        return self.amount / 24 if self.unit == "hours" else self.amount


class Step(Part):
    name: str = Field(pattern=Name)
    after: After | None = None
    days_before: int | None = Field(default=None, ge=0, le=365)
    """Days before the anchor, where that is a day to come, by the company's calendar."""
    at: int | list[int] | None = None
    """Hour of the day in the company's time. Of several, the first that is two hours or more from those this round has used."""
    hint: str = Field(min_length=1)
    """What the message says, for whoever writes it."""
    code: str | None = Field(default=None, min_length=1)
    """A promotion code, or the name of what the tool makes one from."""

    @field_validator("hint", "code")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        return value and " ".join(value.split())

    @field_validator("at")
    @classmethod
    def _hours_of_a_day(cls, value: int | list[int] | None) -> int | list[int] | None:
        hours = value if isinstance(value, list) else [] if value is None else [value]
        if any(not 0 <= hour <= 23 for hour in hours) or (isinstance(value, list) and not value):
            raise ValueError("should be an hour from 0 to 23, or a list of such")
        return value

    @property
    def hours(self) -> list[int]:
        return self.at if isinstance(self.at, list) else [] if self.at is None else [self.at]


class OpenHours(Part):
    """Hours of the company's day within which messages go out, `[opens, closes]`; what is due outside of them waits."""

    hours: list[tuple[int, int]] = Field(min_length=1)
    working_days: bool = False
    """On working days only: not at weekends and on holidays (seed closed_days)."""

    @field_validator("hours")
    @classmethod
    def _in_order(cls, value: list[tuple[int, int]]) -> list[tuple[int, int]]:
        if any(not 0 <= opens < closes <= 24 for opens, closes in value):
            raise ValueError("should be pairs such as [9, 18]: from 0 to 24, the first smaller")
        return value


class SequenceSpec(Part):
    name: str = Field(pattern=Name)
    description: str = Field(min_length=1)
    audience: str
    """Whose members are spoken to. Steps are counted from the moment that its model calls `anchor`; where it tells none, from
    when they entered it."""
    kind: str
    """Which of `pressure.kinds` it counts as."""
    channel: MessageChannel
    destination: str
    match_keys: list[str] = Field(default_factory=list)
    """Columns of the destination that a step's file carries; by default all."""
    enter_within_days: int | None = Field(default=None, ge=1, le=3650)
    """How old the anchor may be for the first step; older ones are left to other audiences."""
    open: OpenHours | None = None
    steps: list[Step] = Field(min_length=1, max_length=50)
    stops: list[Stop] = []
    then: str | None = None
    """The sequence that may begin with whoever this one has ended with, counted from its last message; not before."""
    repeat: Rounds | None = None
    """How often it may begin anew with one person, beside what its kind allows."""


@dataclass(frozen=True)
class Sequence:
    spec: SequenceSpec
    destination: Destination
    path: Path
    priority: int

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def activation(self) -> Activation:
        """Its step files, as the activation room makes them: who is due is added, who is stopped is removed."""
        keys = tuple(self.spec.match_keys or self.destination.keys)
        return Activation(
            self.name, self.spec.description, self.destination, self.spec.audience, "delta", keys, self.priority, None, self.path,
            sequence=True,
        )  # fmt: skip


def load_sequences(settings: Settings, audiences: Collection[Audience]) -> list[Sequence]:
    """Shipped sequences and the company's own (in place of a shipped one of the same name), by priority, then name.

    Of those that run: `activations.enabled` of relance.yml names them beside the activations, where it names any.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    enabled = settings.activations.enabled
    return [sequence for sequence in read_sequences(settings, audiences) if enabled is None or sequence.name in enabled]


def read_sequences(settings: Settings, audiences: Collection[Audience]) -> list[Sequence]:
    """All sequences, whether they run or not.

    Raises:
        RelanceError: as load_sequences.
    """
    destinations = load_destinations(settings)
    known = {audience.name: audience for audience in audiences}
    read: dict[str, tuple[SequenceSpec, ConfigFile]] = {}
    mistakes: list[RelanceError] = []
    for folder in settings.folders("activations"):
        for path in sorted((folder / SEQUENCES).glob("*.yml")):
            try:
                file = read_config_file(path)
                spec = load_model(path, SequenceSpec, file=file)
            except RelanceError as error:
                mistakes.append(error)
                continue
            if spec.name != path.stem:
                what, how = f"The file should be called {spec.name}.yml", "rename one of the two"
                mistakes.append(RelanceError(what, file.where(("name",)), how))
            read[spec.name] = (spec, file)
    specs = {name: spec for name, (spec, _) in read.items()}
    for spec, file in read.values():
        mistakes += _wrong(spec, file, settings, known, destinations, specs)
    if mistakes:
        raise several(mistakes)
    found = [
        Sequence(spec, destinations[spec.destination], file.path, known[spec.audience].spec.priority)
        for spec, file in read.values()
    ]
    return sorted(found, key=lambda sequence: (sequence.priority, sequence.name))


def load_exports(settings: Settings, audiences: Collection[Audience]) -> tuple[list[Activation], list[Sequence]]:
    """Activations and sequences that run: all that writes upload files.

    Raises:
        RelanceError: every mistake in their files, or one name stands for two.
    """
    activations = load_activations(settings, {audience.name: audience.spec for audience in audiences})
    sequences = load_sequences(settings, audiences)
    paths = {activation.name: activation.path for activation in activations}
    if twice := [sequence for sequence in sequences if sequence.name in paths]:
        how = "rename one of them"
        raise several(
            RelanceError(f"A sequence and an activation have the name `{one.name}`", f"{paths[one.name]} and {one.path}", how)
            for one in twice
        )
    return activations, sequences


def _wrong(
    spec: SequenceSpec,
    file: ConfigFile,
    settings: Settings,
    audiences: dict[str, Audience],
    destinations: dict[str, Destination],
    sequences: dict[str, SequenceSpec],
) -> list[RelanceError]:
    mistakes: list[RelanceError] = []

    def wrong(what: str, at: Location, how: str) -> None:
        mistakes.append(RelanceError(what, file.where(at), how))

    audience = audiences.get(spec.audience)
    if audience is None:
        wrong(f"Unknown audience `{spec.audience}`{near_miss(spec.audience, audiences)}", ("audience",), "correct the name")
    elif audience.spec.kind == "suppression":
        how = "name an audience of people to be reached"
        wrong(f"`{spec.audience}` is a suppression audience: its people are not to be reached", ("audience",), how)
    elif audience.spec.channels and spec.channel not in audience.spec.channels:
        how = f"choose one of {', '.join(audience.spec.channels)}, or add {spec.channel} to `channels` of its YAML"
        wrong(f"The audience `{audience.name}` is not meant for {spec.channel}", ("channel",), how)
    destination = destinations.get(spec.destination)
    if destination is None:
        what = f"Unknown destination `{spec.destination}`{near_miss(spec.destination, destinations)}"
        wrong(what, ("destination",), f"known: {', '.join(destinations)}")
    else:
        if destination.channel != spec.channel:
            serves = destination.channel or "no channel of messages"
            wrong(
                f"{destination.title} serves {serves}, not {spec.channel}",
                ("destination",),
                "choose another destination or channel",
            )
        mistakes += wrong_match_keys(file, destination, spec.match_keys) if spec.match_keys else []
    kinds = settings.pressure.kinds
    if spec.kind not in kinds:
        how = f"known: {', '.join(kinds)}; others can be added to `pressure: kinds:` of relance.yml"
        wrong(f"Unknown kind of message `{spec.kind}`{near_miss(spec.kind, kinds)}", ("kind",), how)
    if spec.then is not None and spec.then not in sequences:
        wrong(f"Unknown sequence `{spec.then}`{near_miss(spec.then, sequences)}", ("then",), "correct the name")
    elif circle := _handed_back(spec, sequences):
        wrong(f"The sequences hand on in a circle: {' → '.join(circle)}", ("then",), "remove one `then`")
    return mistakes + _wrong_steps(spec, file, settings)


def _handed_back(spec: SequenceSpec, sequences: dict[str, SequenceSpec]) -> list[str]:
    way = [spec.name]
    while (then := sequences[way[-1]].then if way[-1] in sequences else None) is not None and way.count(way[-1]) == 1:
        way.append(then)
        if then == spec.name:
            return way
    return []


def _wrong_steps(spec: SequenceSpec, file: ConfigFile, settings: Settings) -> list[RelanceError]:
    mistakes: list[RelanceError] = []

    def wrong(what: str, at: Location, how: str) -> None:
        mistakes.append(RelanceError(what, file.where(at), how))

    counted = {("days_before" if step.days_before is not None else "after") for step in spec.steps}
    earlier: dict[str, int] = {}
    for index, step in enumerate(spec.steps):
        at: Location = ("steps", index)
        if step.name in earlier:
            line = file.lines.get(("steps", earlier[step.name]), 1)
            wrong(f"The step `{step.name}` stands twice, here and in line {line}", (*at, "name"), "rename one of them")
        earlier[step.name] = index
        if (step.after is None) == (step.days_before is None):
            wrong(f"The step `{step.name}` should have either `after` or `days_before`", at, "keep one of them")
        elif len(counted) > 1 and step.days_before is not None:
            wrong("Some steps count back from the anchor and some onwards", (*at, "days_before"), "make two sequences of them")
        if step.after is not None and step.after.unit == "hours" and step.at is not None:
            wrong("Hours are counted by the clock and leave no choice of an hour", (*at, "at"), "count in days, or remove `at`")
        if index and step.days_before is not None and (spec.steps[index - 1].days_before or 0) <= step.days_before:
            how = "put the steps in order, the earliest first"
            wrong(f"The step `{step.name}` comes no later than the one before it", (*at, "days_before"), how)
        for hour in step.hours:
            if spec.open and not any(opens <= hour < closes for opens, closes in spec.open.hours):
                wrong(
                    f"At {hour} nothing goes out, by line {file.lines.get(('open', 'hours'), 1)}",
                    (*at, "at"),
                    "correct one of the two",
                )
    if spec.repeat is not None and (error := contradiction(file, ("repeat",), spec.repeat)):
        mistakes.append(error)
    rounds = spec.repeat or settings.pressure.kinds.get(spec.kind)
    lasts = max(
        sum(step.after.at_least_days for step in spec.steps[1:] if step.after),
        max((step.days_before for step in spec.steps if step.days_before is not None), default=0),
    )
    if rounds and lasts >= rounds.spacing_days:
        place: Location = ("repeat", "spacing_days") if spec.repeat else ("kind",)
        what = f"A round lasts {lasts:g} days or more, and the next may begin {rounds.spacing_days} days after it began"
        wrong(what, place, f"set `repeat: spacing_days` to more than {lasts:g}")
    return mistakes
