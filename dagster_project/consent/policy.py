"""Consent policies: per region and purpose, what silence means, which grants count and how long they last.

The packs (`policies/<region>.yml`) are a starting point to check with counsel; `consent:` in relance.yml changes single rules of
them. Models read the result alone: control.consent_policy, control.consent_regions and control.lead_purposes.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
from pydantic import BeforeValidator, Field

from dagster_project.config_file import Part, load_model, near_miss, read_config_file, several
from dagster_project.consent.contact import ContactChannel, ContactRules, NoneOrRules, Offer, OfferRule
from dagster_project.errors import RelanceError
from dagster_project.pressure_settings import MessageChannel
from dagster_project.scores.lead_attributes import kind_of, known_attributes
from dagster_project.setting_types import Country

PACKS = Path(__file__).parent / "policies"

Purpose = Literal[
    "trackers", "ads", "platform_matching", "ad_user_data", "ad_personalization", "email", "email_tracking",
    "sms", "whatsapp", "push", "phone", "post", "profiling",
]  # fmt: skip
PURPOSES: tuple[Purpose, ...] = Purpose.__args__  # type: ignore[attr-defined]

BY_ADDRESS: dict[str, tuple[Purpose, ...]] = {"email": ("email", "email_tracking"), "phone": ("sms", "whatsapp", "phone")}
"""Kind of address → purposes whose consent belongs to each address: profiles.identifier_consents holds them."""

AddressedPurpose = Literal["email", "sms", "whatsapp", "phone"]
"""What somebody may agree to with the address or number that they leave in a form."""

Region = Literal["eu", "fr", "uk", "us"]
REGIONS: tuple[Region, ...] = Region.__args__  # type: ignore[attr-defined]

STRICTEST: Region = "eu"
"""Stands in for a country that has no pack of its own."""

PersonKind = Literal["anyone", "customer", "professional"]
"""customer: has bought; professional: their person_kind says so. A person may be all three: one kind's basis is enough."""
PERSON_KINDS: tuple[PersonKind, ...] = PersonKind.__args__  # type: ignore[attr-defined]

BasisName = Literal["soft_opt_in", "existing_customer", "professional", "legitimate_interest", "opt_out"]

SILENCE = "silence"
"""Basis of whoever said nothing, where relance.yml takes silence for a yes (`consent.unknown: granted`)."""


class Basis(Part):
    """What allows speaking to somebody who said nothing."""

    basis: BasisName
    days: int | None = Field(default=None, ge=1)
    """How long it lasts: for a customer since the last order, for others since the last thing they did themselves."""


def _refusal(value: Any) -> Any:
    return None if value == "refused" else value


Silence = Annotated[Basis | None, BeforeValidator(_refusal)]
"""`refused`, or the basis on which silence is no refusal."""


class PurposeRules(Part):
    """What holds for one purpose."""

    silence: dict[PersonKind, Silence] = {}
    """What it means that somebody said nothing; kinds of people that are not named: a refusal."""
    needs_proof: bool = False
    """Whether a grant without a proof counts."""
    double_opt_in: bool = False
    """Whether a grant counts only if it was confirmed (`collected_by` says double_opt_in)."""
    grant_days: int | None = Field(default=None, ge=1)
    """How long a grant lasts after the last thing that the person did themselves; without it, until it is taken back."""
    source: str | None = None

    def changed_by(self, other: PurposeRules) -> PurposeRules:
        """These rules, with what the others say in their place."""
        told = {name: getattr(other, name) for name in other.model_fields_set}
        if "silence" in told:
            told["silence"] = self.silence | other.silence
        return self.model_copy(update=told)


def _scored(value: Any) -> str:
    if "*" not in str(value) and kind_of(str(value)) is None:
        known = known_attributes()
        raise ValueError(f"there is no attribute `{value}`{near_miss(str(value), known)}; known are {', '.join(known)}")
    return str(value)


ScoredAttribute = Annotated[str, BeforeValidator(_scored)]


class ScoringRule(Part):
    """What of a person no score may be made of there."""

    attributes: list[ScoredAttribute] = Field(min_length=1)
    """Attributes of score rules; `*` stands for any letters."""
    source: str


class Pack(Part):
    """The policy of a region."""

    title: str
    countries: list[Country] = Field(min_length=1)
    like: Region | None = None
    """The pack whose rules hold for what this one does not say."""
    purposes: dict[Purpose, PurposeRules]
    scoring_forbidden: list[ScoringRule] = []
    """Of a pack that is `like` another, beside what that one forbids."""
    contact: dict[ContactChannel, ContactRules] = {}
    """When and how often consumers are spoken to on a channel; channels that are not named: whenever."""
    not_canvassed: list[OfferRule] = []
    """Of a pack that is `like` another, beside what that one forbids."""


class PolicyChanges(Part):
    """The part of `consent:` in relance.yml that changes the packs."""

    unknown: Literal["denied", "granted"] = "denied"
    """What silence means where no rule of a region's policy says otherwise."""
    lead_proof: list[AddressedPurpose] = ["phone"]
    """What the `consent_proof` of a lead proves, as its form's text has it: a grant for the address and number in the lead."""
    regions: dict[Country, Region] = {}
    """Country → the region whose policy holds for people there, in place of what the packs say."""
    policies: dict[Region, dict[Purpose, PurposeRules]] = {}
    """Region → purpose → what holds in place of the pack's rule."""
    scoring: dict[Region, dict[ScoredAttribute, Literal["allowed", "forbidden"]]] = {}
    """Region → attribute → whether a score may be made of it, in place of what the pack says of this attribute."""
    contact: dict[Region, dict[ContactChannel, NoneOrRules]] = {}
    """Region → channel → when and how often consumers are spoken to, in place of the pack's rules."""
    not_canvassed: dict[Region, dict[Offer, list[MessageChannel]]] = {}
    """Region → offer → the channels on which nobody is approached about it, in place of the pack's."""


@lru_cache
def load_packs(folder: Path = PACKS) -> dict[Region, Pack]:
    """The shipped packs, with what each takes over from another.

    Raises:
        RelanceError: every mistake in every file, with its line.
    """
    found: dict[Region, Pack] = {}
    mistakes: list[RelanceError] = []
    for region in REGIONS:
        path = folder / f"{region}.yml"
        try:
            file = read_config_file(path)
            pack = load_model(path, Pack, file=file)
        except RelanceError as error:
            mistakes.append(error)
            continue
        for purpose, rules in pack.purposes.items():
            if not rules.source:
                where = file.where(("purposes", purpose))
                mistakes.append(RelanceError(f"`{purpose}` names no source", where, "say where the rule comes from"))
        for channel, contact in pack.contact.items():
            if not contact.source:
                where = file.where(("contact", channel))
                mistakes.append(RelanceError(f"`{channel}` names no source", where, "say where the rule comes from"))
        missing = [purpose for purpose in PURPOSES if purpose not in pack.purposes]
        if pack.like is None and missing:
            what, where = f"The policy says nothing of {', '.join(missing)}", file.where(("purposes",))
            mistakes.append(RelanceError(what, where, "add them, or name a pack under `like`"))
        found[region] = pack
    if mistakes:
        raise several(mistakes)
    return {region: _completed(pack, found) for region, pack in found.items()}


def _completed(pack: Pack, packs: dict[Region, Pack]) -> Pack:
    if not pack.like:
        return pack
    base = packs[pack.like]
    return pack.model_copy(
        update={
            "purposes": {**base.purposes, **pack.purposes},
            "scoring_forbidden": [*base.scoring_forbidden, *pack.scoring_forbidden],
            "contact": {**base.contact, **pack.contact},
            "not_canvassed": [*base.not_canvassed, *pack.not_canvassed],
        }
    )


def policy_of(changes: PolicyChanges) -> dict[Region, dict[Purpose, PurposeRules]]:
    """Every region's rules as they hold for this company."""
    return {
        region: {
            purpose: pack.purposes[purpose].changed_by(changes.policies.get(region, {}).get(purpose, PurposeRules()))
            for purpose in PURPOSES
        }
        for region, pack in load_packs().items()
    }


def scoring_forbidden(changes: PolicyChanges, attribute: str) -> dict[Region, str]:
    """Region → why no score may be made there of this attribute; regions that allow it are left out."""
    found: dict[Region, str] = {}
    for region, pack in load_packs().items():
        reasons = [rule.source for rule in pack.scoring_forbidden if any(_fits(attribute, each) for each in rule.attributes)]
        own = {verdict for each, verdict in changes.scoring.get(region, {}).items() if _fits(attribute, each)}
        if "forbidden" in own:
            reasons.append(f"consent: scoring: {region}: in relance.yml")
        if reasons and own != {"allowed"}:
            found[region] = reasons[-1]
    return found


def unscored_attributes(changes: PolicyChanges, region: Region) -> list[str]:
    """Attributes, `*` standing for any letters, that no score may be made of in a region."""
    own = changes.scoring.get(region, {})
    packs = [each for rule in load_packs()[region].scoring_forbidden for each in rule.attributes]
    return [*(each for each in packs if own.get(each) != "allowed"), *(each for each in own if own[each] == "forbidden")]


def _fits(attribute: str, pattern: str) -> bool:
    return fnmatchcase(attribute.lower(), pattern.lower())


def contact_rules(changes: PolicyChanges, channel: str) -> dict[Region, ContactRules]:
    """Region → when and how often consumers there are spoken to on a channel; regions without rules are left out."""
    both = {region: {**pack.contact, **changes.contact.get(region, {})} for region, pack in load_packs().items()}
    return {region: rules for region, channels in both.items() if (rules := channels.get(channel))}  # type: ignore[call-overload]


def contact_days(changes: PolicyChanges) -> int:
    """How many days of messages and answers the rules of all regions ask for."""
    channels: tuple[str, ...] = ContactChannel.__args__  # type: ignore[attr-defined]
    return max((rules.looks_back_days for channel in channels for rules in contact_rules(changes, channel).values()), default=0)


def known_offers(changes: PolicyChanges) -> list[str]:
    """Offers that somewhere may not be canvassed."""
    packs = {offer for pack in load_packs().values() for rule in pack.not_canvassed for offer in rule.offers}
    return sorted(packs | {offer for own in changes.not_canvassed.values() for offer in own})


def regions_not_canvassed(changes: PolicyChanges, offer: str, channel: str) -> list[Region]:
    """Regions where nobody may be approached about an offer on a channel."""
    found = []
    for region, pack in load_packs().items():
        packs = {each for rule in pack.not_canvassed if offer in rule.offers for each in rule.channels}
        if channel in changes.not_canvassed.get(region, {}).get(offer, packs):
            found.append(region)
    return found


def region_of(changes: PolicyChanges, country: str) -> Region:
    """Whose policy holds in a country."""
    return _regions(changes).get(country, STRICTEST)


def _regions(changes: PolicyChanges) -> dict[str, Region]:
    return {country: region for region, pack in load_packs().items() for country in pack.countries} | changes.regions


def write_policy(con: duckdb.DuckDBPyConnection, changes: PolicyChanges, company_country: str) -> None:
    """Write control.consent_policy, control.consent_regions and control.lead_purposes.

    consent_policy: one row per region, purpose and person_kind: unknown (refused, allowed), basis, basis_days; needs_proof,
    double_opt_in and grant_days are the purpose's, alike for all kinds.
    consent_regions: country → region; '' stands for people whose country is unknown, '*' for all countries without a row.
    lead_purposes: one row per purpose that the proof of a lead stands for.
    """
    rows = []
    for region, purposes in policy_of(changes).items():
        for purpose, rules in purposes.items():
            for kind in PERSON_KINDS:
                basis = rules.silence.get(kind)
                name = basis.basis if basis else SILENCE if kind == "anyone" and changes.unknown == "granted" else None
                days = basis.days if basis else None
                unknown = "allowed" if name else "refused"
                rows.append(
                    (region, purpose, kind, unknown, name, days, rules.needs_proof, rules.double_opt_in, rules.grant_days)
                )
    con.execute(
        """create or replace table control.consent_policy (
            region varchar, purpose varchar, person_kind varchar, unknown varchar, basis varchar, basis_days bigint,
            needs_proof boolean, double_opt_in boolean, grant_days bigint)"""
    )
    con.executemany("insert into control.consent_policy values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    con.execute("create or replace table control.consent_regions (country varchar, region varchar)")
    # Whose country is unknown is taken to live where the company does.
    regions = _regions(changes) | {"": region_of(changes, company_country), "*": STRICTEST}
    con.executemany("insert into control.consent_regions values (?, ?)", sorted(regions.items()))
    covered = sorted(set(changes.lead_proof))
    con.execute("create or replace table control.lead_purposes as select unnest($1::varchar[]) as purpose", [covered])
