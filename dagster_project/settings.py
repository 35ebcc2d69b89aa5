"""relance.yml as typed settings.

One file that a marketer and an engineer can both read. Unknown keys are refused, every mistake is told at once with its
line. Relative paths start at the folder that holds the file.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from dagster_project.config_file import Part, load_model, read_config_file
from dagster_project.connectors.options import Landing, Pull
from dagster_project.errors import RelanceError

SHIPPED = Path(__file__).resolve().parent.parent
"""Folder that holds the shipped dbt_models/, seeds/ and activations/."""

CONFIG_NAME = "relance.yml"

MIRROR = Path(".relance") / "landing"
"""Where the files of an object store are kept, relative to the project; a look back at the past shares it."""


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"`{name}` is no IANA time zone such as Europe/Paris")
    return name


def _code(length: int, what: str) -> Any:
    def check(value: Any) -> str:
        text = str(value).strip().upper()
        if not re.fullmatch(f"[A-Z]{{{length}}}", text):
            raise ValueError(f"should be a {what}")
        return text

    return BeforeValidator(check)


Timezone = Annotated[str, BeforeValidator(_timezone)]
Currency = Annotated[str, _code(3, "currency of three letters (ISO 4217), such as EUR")]
Country = Annotated[str, _code(2, "country of two letters (ISO 3166), such as FR")]


def _network(value: Any) -> str:
    try:
        network = ip_network(str(value).strip(), strict=False)
    except ValueError:
        raise ValueError(f"`{value}` is no network in CIDR notation, such as 192.0.2.0/24 or 2001:db8::/32") from None
    if network.prefixlen == 0:
        raise ValueError(f"`{value}` is the whole internet: every visitor would be one of the company's own")
    return str(network)


def _mail_domain(value: Any) -> str:
    text = str(value).strip().removeprefix("@").lower()
    if not re.fullmatch(r"(?:[^\s@./]+\.)+[^\s@./]+", text):
        raise ValueError(f"`{value}` is no domain of e-mail addresses, such as example.com")
    return text


Network = Annotated[str, BeforeValidator(_network)]
MailDomain = Annotated[str, BeforeValidator(_mail_domain)]


class Company(Part):
    name: str
    currency: Currency
    timezone: Timezone
    country: Country


class Warehouse(Part):
    engine: Literal["duckdb"] = "duckdb"
    path: Path = Path("warehouse.duckdb")
    memory_limit: str | None = None
    """DuckDB's memory limit, such as `4GB`; by default half of the machine's memory."""
    threads: int | None = Field(default=None, ge=1)

    @field_validator("memory_limit")
    @classmethod
    def _size(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", value):
            raise ValueError("should be a size such as 4GB")
        return value


class EntitySettings(Part):
    """How files that are not shaped like the contract feed one entity."""

    files: str | None = None
    """Glob relative to the landing folder; by default `<source>/<entity>/**/*`."""
    columns: dict[str, str] = {}
    """Target column → column of the file. `properties.x` builds a key of a JSON column; `_line` is the row's number."""
    constants: dict[str, str | int | float | bool] = {}
    values: dict[str, dict[str, str]] = {}
    """Target column → value in the file → value wanted."""
    key: list[str] | None = None
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


class IdentityLimits(Part):
    """How many others may hang on one identifier before it is junk and joins nobody: accounts of one kind on an e-mail or a
    phone, e-mails or phones on an account (`guest`, `0`, a till)."""

    email: int = Field(default=25, ge=1)
    phone: int = Field(default=10, ge=1)
    account: int = Field(default=10, ge=1)
    exact: int = Field(default=10, ge=1)
    """Contacts that agree on all columns of an exact rule."""


class Probabilistic(Part):
    """Contacts that are one person in all probability, by names, birth date and address (pip install 'relance[match]')."""

    enabled: bool = False
    link_above: float = Field(default=0.95, gt=0, le=1)
    """From this probability on, two contacts are one person."""
    review_above: float = Field(default=0.5, gt=0, le=1)
    """From this one on, they are listed in identity.probable_pairs for a person to review."""

    @model_validator(mode="after")
    def _review_comes_first(self) -> Probabilistic:
        if self.review_above > self.link_above:
            raise ValueError("`review_above` should not be greater than `link_above`: what is linked would not be listed")
        return self


def _rule_column(name: Any) -> str:
    text = str(name).strip()
    if not re.fullmatch(r"\w[\w .-]{0,59}", text):
        raise ValueError(f"`{name}` is no column of contacts: letters, digits, blanks, points and hyphens")
    return text


RuleColumn = Annotated[str, BeforeValidator(_rule_column)]


class Identity(Part):
    limits: IdentityLimits = IdentityLimits()
    exact_rules: list[Annotated[list[RuleColumn], Field(min_length=1)]] = []
    """Columns of contacts, further ones included: contacts that agree on all columns of one rule are one person."""
    probabilistic: Probabilistic = Probabilistic()
    user_id_is: list[Literal["customer_id", "contact_id", "lead_id", "email"]] = []
    """What the site's user ids also are: equal identifiers among these and the user ids are the same person."""


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


class Consent(Part):
    unknown: Literal["denied", "granted"] = "denied"
    """What silence means: in the EU, silence is a refusal."""


class Windows(Part):
    """Days an audience looks back, in place of the window in its own YAML."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[int, Field(ge=1, le=3650)]]

    def overrides(self) -> dict[str, int]:
        return dict(self.__pydantic_extra__ or {})


class Holdout(Part):
    share: float | None = Field(default=None, ge=0, lt=1)
    """Share of each audience kept out of exports to measure their effect; by default each audience's own."""
    salt: str = "relance"


class Activations(Part):
    enabled: list[str] | None = None
    """Names of the activations that run; by default all."""
    exports: Path = Path("exports")


class Report(Part):
    path: Path = Path("report")


def _mapped_sources(value: Any) -> Any:
    """`sources.<source>.<entity>` → `sources.<source>.entities.<entity>`: one level less to write."""
    if not isinstance(value, dict):
        return value
    own = set(SourceSettings.model_fields) - {"entities"}
    shaped = {}
    for source, settings in value.items():
        settings = settings or {}
        if not isinstance(settings, dict):
            return value
        entities = {key: item or {} for key, item in settings.items() if key not in own}
        shaped[source] = {key: item for key, item in settings.items() if key in own} | {"entities": entities}
    return shaped


class Settings(Part):
    """Everything relance.yml says, with paths made absolute against its folder."""

    company: Company
    as_of: date | datetime | None = None
    """A clock that stands still (demos, tests); by default runs are as of now."""
    warehouse: Warehouse = Warehouse()
    landing: Landing = Landing()
    sources: Annotated[dict[str, SourceSettings], BeforeValidator(_mapped_sources)] = {}
    order_precedence: list[str] = ["shopify", "generic", "hubspot", "klaviyo", "ga4", "segment", "snowplow"]
    """Which source's word counts when several report the same order."""
    identity: Identity = Identity()
    traffic: Traffic = Traffic()
    consent: Consent = Consent()
    windows: Windows = Windows()
    holdout: Holdout = Holdout()
    activations: Activations = Activations()
    report: Report = Report()
    _base: Path = PrivateAttr(default=Path())
    _state: Path = PrivateAttr(default=Path(".relance"))

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
    def looks_back(self) -> bool:
        """Whether this is a look back at a moment that has passed, beside the project's own warehouse."""
        return self._state != Path(".relance")

    def folders(self, name: str) -> list[Path]:
        """The shipped folder `name` (seeds, audiences, activations) and the company's own, which wins by file name."""
        shipped = SHIPPED / ("dbt_models/models/audiences" if name == "audiences" else name)
        return [folder for folder in (shipped, self._base / name) if folder.is_dir()]

    def replay(self, as_of: datetime) -> Settings:
        """The same project as of a moment that has passed: a warehouse and state of its own, and no exports."""
        folder = Path(".relance") / "replays" / f"{as_of:%Y%m%dT%H%MZ}"
        parts = {
            "warehouse": self.warehouse.model_copy(update={"path": folder / "warehouse.duckdb"}),
            "activations": self.activations.model_copy(update={"enabled": [], "exports": folder / "exports"}),
            "report": Report(path=folder / "report"),
        }
        replayed = self.model_copy(update=parts)
        replayed._state = folder
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
    path = Path(path).expanduser().resolve()
    if path.is_dir():
        path = path / CONFIG_NAME
    settings = load_model(path, Settings)
    settings._base = path.parent
    if not settings.landing.is_remote and not settings.landing_path.is_dir():
        where = read_config_file(path).where(("landing",))
        raise RelanceError(
            "The landing folder does not exist", f"{where} → {settings.landing_path}", "create it, or correct `landing:`"
        )
    return settings


def _parse_moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else datetime.fromisoformat(text)
    except ValueError:
        raise RelanceError(
            f"`{text}` is neither a date nor a timestamp", "--as-of", "write 2026-06-30 or 2026-06-30T14:00"
        ) from None
