"""The sequences of a project, read from its YAMLs and the shipped ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from dagster_project.activation.activations import SEQUENCES, Activation, load_activations
from dagster_project.activation.specs import Destination, load_destinations
from dagster_project.audiences import Audience
from dagster_project.config_file import ConfigFile, load_model, read_config_file, several
from dagster_project.consent.policy import contact_rules, region_of
from dagster_project.errors import RelanceError
from dagster_project.sequence_mistakes import wrong_sequence
from dagster_project.sequence_spec import SequenceSpec
from dagster_project.settings import Settings


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
            sequence=True, offer=self.spec.offer,
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
        for path in sorted((folder / SEQUENCES).glob("*.y*ml")):
            if path.suffix != ".yml":
                mistakes.append(RelanceError("A file of this name is not read", str(path), f"call it {path.stem}.yml"))
                continue
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
        mistakes += wrong_sequence(spec, file, settings, known, destinations, specs)
    if mistakes:
        raise several(mistakes)
    found = [
        Sequence(spec, destinations[spec.destination], file.path, known[spec.audience].spec.priority)
        for spec, file in read.values()
    ]
    return sorted(found, key=lambda sequence: (sequence.priority, sequence.name))


def doubtful_hours(settings: Settings, sequences: Collection[Sequence]) -> list[str]:
    """A sentence per sequence that would speak to people when the policy at home does not allow it."""
    region = region_of(settings.consent, settings.company.country)
    found = []
    for one in sequences:
        rules = contact_rules(settings.consent, one.spec.channel).get(region)
        if rules is None or (one.spec.open and rules.cover(one.spec.open.hours, one.spec.open.working_days)):
            continue
        hours = " and ".join(f"{opens} to {closes}" for opens, closes in rules.hours)
        told = f"the policy of {region} allows {one.spec.channel} from {hours}, {rules.days.replace('_', ' ')}"
        found.append(
            f"{one.name}: {told}; what is due at other times waits, so let `open` name such hours (and `working_days: true`)"
        )
    return found


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
