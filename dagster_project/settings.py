"""relance.yml as typed settings.

One file that a marketer and an engineer can both read. Unknown keys are refused, every mistake is told at once with its
line. Relative paths start at the folder that holds the file.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from dagster_project.config_file import Mistake, Part, read_config_file, read_sound, several
from dagster_project.connectors.options import DeliveryTarget, Landing, Pull, Target
from dagster_project.connectors.secrets import plain_secrets
from dagster_project.consent.policy import PolicyChanges
from dagster_project.errors import RelanceError
from dagster_project.identity_settings import Identity
from dagster_project.loads.mappings import wrong_sources
from dagster_project.measurement_settings import Measurement
from dagster_project.pressure_settings import Pressure, wrong_pressure
from dagster_project.privacy.retention_settings import Retention
from dagster_project.profile_settings import Lifecycle, Profile
from dagster_project.score_settings import Scores
from dagster_project.setting_types import Constant, Country, Currency, MailDomain, Network, SourceName, Timezone, Word
from dagster_project.warehouse_settings import Warehouse

SHIPPED = Path(__file__).resolve().parent.parent
"""Folder that holds the shipped dbt_models/, seeds/ and activations/."""

CONFIG_NAME = "relance.yml"

MIRROR = Path(".relance") / "landing"
"""Where the files of an object store are kept, relative to the project; a look back at the past shares it."""


class Company(Part):
    name: str
    currency: Currency
    timezone: Timezone
    country: Country


class EntitySettings(Part):
    """How files that are not shaped like the contract feed one entity."""

    files: str | None = Field(default=None, min_length=1)
    """Glob relative to the landing folder; by default `<source>/<entity>/**/*`."""
    columns: dict[str, str] = {}
    """Target column → column of the file. `properties.x` builds a key of a JSON column; `_line` is the row's number."""
    constants: dict[str, Constant] = {}
    values: dict[str, dict[Word, Constant]] = {}
    """Target column → value in the file → value wanted."""
    key: list[str] | None = Field(default=None, min_length=1)
    """Columns of the file that tell one row from another, where the contract's key does not."""
    pull: Pull | None = Field(default=None, exclude=True, repr=False)
    """Where the files come from, if Relance fetches them itself. Never dumped: how a file is read does not depend on it."""

    @model_validator(mode="after")
    def _pulled_files_are_found(self) -> EntitySettings:
        if self.files is not None and self.pull is not None:
            raise ValueError("`files` would pass over what `pull` writes; leave one of them out")
        return self


class SourceSettings(Part):
    enabled: bool = True
    timezone: Timezone = "UTC"
    """Zone of times that name none."""
    entities: dict[str, EntitySettings] = {}

    @classmethod
    def own_keys(cls) -> set[str]:
        """What stands beside the entities of a source."""
        return set(cls.model_fields) - {"entities"}


class Traffic(Part):
    """Who on the site is no customer: machines, told by a pace that no human has, and the company itself."""

    max_events_per_minute: int = Field(default=120, ge=10)
    """Events of one device within 60 seconds. Two a second, kept up for a whole minute, is also the pace at which Google's own
    page library throttles itself (20 hits at once, then two a second: "Google Analytics collection limits and quotas"); people
    who hurry make 20 to 40, each click and page counted."""
    max_events_per_day: int = Field(default=5_000, ge=100)
    """Events of one device within one day of the company's time: an event every five seconds through seven hours. A visit of
    500 hits was the most that Google counted. Slow crawlers, which stay below the limit of a minute, end here."""
    internal_networks: list[Network] = []
    """The company's own addresses (offices, warehouses, agencies)."""
    staff_domains: list[MailDomain] = []
    """Domains of the company's own e-mail addresses; a subdomain is a domain of its own."""


class Sessions(Part):
    """Where one visit ends and the next begins."""

    minutes: int = Field(default=30, ge=1, le=720)
    """Without an event; 30 is what web analytics has agreed on."""
    campaign_change: bool = True
    """Whether coming back through another campaign begins a new visit."""


class Consent(PolicyChanges):
    trackers: Literal["denied", "granted"] = "granted"
    """What silence about trackers means. Most sites' banners let events through only after a yes, so that what arrives without
    a word was allowed; where the site sends events before it has asked, this is `denied`."""


class Windows(Part):
    """Days an audience looks back, in place of the window in its own YAML."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[int, Field(ge=1, le=3650)]]

    def overrides(self) -> dict[str, int]:
        return dict(self.__pydantic_extra__ or {})


class Holdout(Part):
    share: float | None = Field(default=None, ge=0, lt=1)
    """Share of each audience kept out of exports to measure their effect; by default each audience's own."""
    overall: float = Field(default=0, ge=0, lt=1)
    """Share of all people kept out of every export, to measure the effect of all that is done together."""
    salt: str = "relance"
    """What the draw is made with. Another salt, as another share, is another draw: a new trial, of the people who come then."""
    outcome_days: int = Field(default=28, ge=1, le=365)
    """Days after they were assigned within which what people do counts as its outcome."""
    target: float = Field(default=0.2, gt=0, le=10)
    """The difference that a trial should be able to show or rule out, as a share of what the spared do."""


class Activations(Part):
    enabled: list[str] | None = None
    """Names of the activations and sequences that run; by default all."""
    exports: Path = Path("exports")
    retry_removals_days: int | None = Field(default=7, ge=1)
    """A removal that nobody has acknowledged (`relance ack`) stands in remove.csv again after so many days, until its keys are no
    longer kept (`retention.sent_keys_days`); null: never again."""
    delivery: dict[str, Target | None] = Field(default={}, exclude=True, repr=False)
    """Destination, or `default` for all others → where its exports are sent; by default, or null, they stay in the folder. Never
    dumped: what stands in an export does not depend on it."""


class Report(Part):
    path: Path = Path("report")
    language: Literal["en", "fr"] | None = Field(default=None, exclude=True)
    """What the page is read in first, by whoever reads it; by default their browser's language, or else the company's country's.
    Never dumped: no figure depends on it."""


def _mapped_sources(value: Any) -> Any:
    """`sources.<source>.<entity>` → `sources.<source>.entities.<entity>`: one level less to write."""
    if not isinstance(value, dict):
        return value
    own = SourceSettings.own_keys()
    shaped = {}
    for source, settings in value.items():
        settings = settings or {}
        if not isinstance(settings, dict):
            shaped[source] = settings
            continue
        entities = {key: item or {} for key, item in settings.items() if key not in own}
        shaped[source] = {key: item for key, item in settings.items() if key in own} | {"entities": entities}
    return shaped


def _clock(value: Any) -> Any:
    """One message for what is neither a date nor a timestamp, where two types would give two."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = _moment_of(value)
    if value is not None and not isinstance(value, date):
        raise ValueError("should be a date or a timestamp, such as 2026-06-30 or 2026-06-30T14:00")
    return value


class Settings(Part):
    """Everything relance.yml says, with paths made absolute against its folder."""

    company: Company
    as_of: Annotated[date | datetime | None, BeforeValidator(_clock)] = None
    """A clock that stands still (demos, tests); by default runs are as of now."""
    warehouse: Warehouse = Warehouse()
    landing: Landing = Landing()
    sources: Annotated[dict[str, SourceSettings], BeforeValidator(_mapped_sources)] = {}
    order_precedence: list[SourceName] = ["shopify", "generic", "hubspot", "klaviyo", "ga4", "segment", "snowplow"]
    """Which source's word counts when several report the same order."""
    identity: Identity = Identity()
    traffic: Traffic = Traffic()
    sessions: Sessions = Sessions()
    consent: Consent = Consent()
    profile: Profile = Profile()
    lifecycle: Lifecycle = Lifecycle()
    retention: Retention = Retention()
    scores: Scores = Scores()
    windows: Windows = Windows()
    holdout: Holdout = Holdout()
    pressure: Pressure = Pressure()
    activations: Activations = Activations()
    measurement: Measurement = Measurement()
    report: Report = Report()
    _base: Path = PrivateAttr(default=Path())
    _state: Path = PrivateAttr(default=Path(".relance"))
    _only_files: frozenset[str] | None = PrivateAttr(default=None)

    @property
    def base(self) -> Path:
        return self._base

    @property
    def config_path(self) -> Path:
        return self._base / CONFIG_NAME

    @property
    def warehouse_path(self) -> Path:
        return self._base / self.warehouse.path

    @property
    def published_path(self) -> Path | None:
        """The copy of the warehouse for readers; None where none is made, as of a look back."""
        if self.warehouse.published is None or self.looks_back:
            return None
        return self._base / self.warehouse.published / self.warehouse.path.name

    @property
    def landing_path(self) -> Path:
        """The folder that files are loaded from; of a landing in an object store, its private mirror."""
        return self._base / (MIRROR if self.landing.is_remote else Path(self.landing.url))

    @property
    def pulls(self) -> dict[tuple[str, str], Pull]:
        """(source, entity) → the pull that feeds it."""
        return {
            (source, name): entity.pull
            for source, configured in self.sources.items()
            if configured.enabled
            for name, entity in configured.entities.items()
            if entity.pull is not None
        }

    def delivery_of(self, destination: str) -> DeliveryTarget | None:
        """Where exports for a destination are sent; None where the exports folder is the delivery."""
        delivery = self.activations.delivery
        return delivery.get(destination, delivery.get("default"))

    @property
    def exports_path(self) -> Path:
        return self._base / self.activations.exports

    @property
    def report_path(self) -> Path:
        return self._base / self.report.path

    @property
    def state_path(self) -> Path:
        """Private state: dbt workspace, Dagster's home, the lock of the running command."""
        return self._base / self._state

    @property
    def spark_path(self) -> Path:
        """Where Spark's tables lie; those of a look back apart."""
        folder = self.warehouse.spark.folder
        if self._state != Path(".relance"):
            folder = folder / self._state.relative_to(".relance")
        return self._base / folder

    @property
    def looks_back(self) -> bool:
        """Whether this is a look back at a moment that has passed, beside the project's own warehouse."""
        return self._state != Path(".relance")

    @property
    def only_files(self) -> frozenset[str] | None:
        """Landed files that a look back knows of, where it is one of what was known then; None for all."""
        return self._only_files

    def folders(self, name: str) -> list[Path]:
        """The shipped folder `name` (seeds, audiences, activations) and the company's own, which wins by file name."""
        shipped = SHIPPED / ("dbt_models/models/audiences" if name == "audiences" else name)
        return [folder for folder in (shipped, self._base / name) if folder.is_dir()]

    def replay(self, as_of: datetime, only_files: frozenset[str] | None = None) -> Settings:
        """The same project as of a moment that has passed: a warehouse and state of its own, and no exports.

        Args:
            only_files: the landed files that it may know of; None for all that lie there now.
        """
        folder = Path(".relance") / "replays" / f"{as_of:%Y%m%dT%H%MZ}{'' if only_files is None else '-known-then'}"
        parts = {
            "warehouse": self.warehouse.model_copy(update={"path": folder / "warehouse.duckdb"}),
            "activations": self.activations.model_copy(update={"enabled": [], "exports": folder / "exports"}),
            "report": self.report.model_copy(update={"path": folder / "report"}),
        }
        replayed = self.model_copy(update=parts)
        replayed._state = folder
        replayed._only_files = only_files
        return replayed

    def moment(self, as_of: str | date | datetime | None = None) -> datetime:
        """The run's `as_of` as naive UTC, floored to the minute; a date means the end of that day in the company's time.

        Raises:
            RelanceError: the text is neither a date nor a timestamp.
        """
        value = as_of if as_of is not None else self.as_of
        if value is None:
            value = datetime.now(UTC)
        if isinstance(value, str):
            value = _parse_moment(value)
        zone = ZoneInfo(self.company.timezone)
        if not isinstance(value, datetime):
            value = datetime.combine(value + timedelta(days=1), time(), zone)
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        return value.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0)


def load_settings(path: Path | str) -> Settings:
    """Read relance.yml (or the folder that holds it).

    Raises:
        RelanceError: every mistake in the file, with its line.
    """
    settings, mistakes = read_settings(path)
    if mistakes:
        raise several(error for _, error in mistakes)
    return settings


def read_settings(path: Path | str) -> tuple[Settings, list[Mistake]]:
    """What is sound in relance.yml, and every mistake in it: whoever looks for mistakes elsewhere need not wait for these.

    Raises:
        RelanceError: the file can't be read at all.
    """
    path = Path(path).expanduser().resolve()
    if path.is_dir():
        path = path / CONFIG_NAME
    file = read_config_file(path)
    settings, mistakes = read_sound(file, Settings, {"company": _NOBODY})
    settings._base = path.parent
    mistakes += [*wrong_sources(file, SourceSettings.own_keys()), *plain_secrets(file), *wrong_pressure(file, settings.pressure)]
    if not settings.landing.is_remote and not os.path.isdir(settings.landing_path):
        what, how = "The landing folder does not exist", "create it, or correct `landing:`"
        mistakes.append((("landing",), RelanceError(what, f"{file.where(('landing',))} → {settings.landing_path}", how)))
    return settings, mistakes


_NOBODY = {"name": "", "currency": "XXX", "timezone": "UTC", "country": "ZZ"}
"""Stands in for a company that relance.yml describes wrongly, until it is corrected."""


def _moment_of(text: str) -> date | datetime:
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else datetime.fromisoformat(text)


def _parse_moment(text: str) -> date | datetime:
    try:
        return _moment_of(text)
    except ValueError:
        raise RelanceError(
            f"`{text}` is neither a date nor a timestamp", "--as-of", "write 2026-06-30 or 2026-06-30T14:00"
        ) from None
