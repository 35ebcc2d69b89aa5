"""What is wrong in the YAML of a sequence beside single values: names that nobody has, steps that contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

from dagster_project.activation.activations import wrong_match_keys, wrong_offer
from dagster_project.activation.specs import Destination
from dagster_project.audiences import Audience
from dagster_project.config_file import ConfigFile, Location, near_miss
from dagster_project.errors import RelanceError
from dagster_project.pressure_settings import contradiction
from dagster_project.sequence_spec import SequenceSpec
from dagster_project.settings import Settings


def wrong_sequence(
    spec: SequenceSpec,
    file: ConfigFile,
    settings: Settings,
    audiences: Mapping[str, Audience],
    destinations: Mapping[str, Destination],
    sequences: Mapping[str, SequenceSpec],
) -> list[RelanceError]:
    """Every mistake in one sequence, given all others; each names its line and a cure."""
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
    mistakes += wrong_offer(file, settings, spec.offer)
    kinds = settings.pressure.kinds
    if spec.kind not in kinds:
        how = f"known: {', '.join(kinds)}; others can be added to `pressure: kinds:` of relance.yml"
        wrong(f"Unknown kind of message `{spec.kind}`{near_miss(spec.kind, kinds)}", ("kind",), how)
    for following in spec.then:
        if following not in sequences:
            wrong(f"Unknown sequence `{following}`{near_miss(following, sequences)}", ("then",), "correct the name")
    if circle := _handed_back(spec.name, sequences):
        wrong(f"The sequences hand on in a circle: {' → '.join(circle)}", ("then",), "remove one `then`")
    return mistakes + _wrong_steps(spec, file, settings)


def _handed_back(name: str, sequences: Mapping[str, SequenceSpec], way: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The way from a sequence back to itself by `then`; empty where there is none."""
    way = (*way, name)
    for following in sequences[name].then if name in sequences else []:
        if following == way[0]:
            return (*way, following)
        if following not in way and (circle := _handed_back(following, sequences, way)):
            return circle
    return ()


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
        if step.until_days_before is not None and (step.days_before is None or step.until_days_before > step.days_before):
            how = "write fewer days than `days_before` says, or remove it"
            wrong(f"The step `{step.name}` is over before it is due", (*at, "until_days_before"), how)
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
    first = spec.steps[0].after
    if first is not None and spec.enter_within_days is not None and first.at_least_days >= spec.enter_within_days:
        what = f"Nobody is begun with: the first step is due when the anchor is {first.at_least_days:g} days old or more"
        wrong(what, ("enter_within_days",), f"write more than {first.at_least_days:g}")
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
