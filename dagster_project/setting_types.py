"""Kinds of values in relance.yml: what each may look like, and how a person is told that it does not."""

from __future__ import annotations

import csv
import re
from datetime import date
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BeforeValidator

from dagster_project.config_file import near_miss
from dagster_project.loads.contract import load_contracts


@cache
def identifier_types() -> tuple[str, ...]:
    """The kinds of identifiers, as the shipped seed identifier_types has them."""
    path = Path(__file__).resolve().parent.parent / "seeds" / "identifier_types.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(row["identifier_type"] for row in csv.DictReader(file))


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


def written(value: Any) -> str:
    """What stands in relance.yml for a value of a file, as the text that a CSV would hold.

    Raises:
        ValueError: it is no single value.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | int | float):
        raise ValueError("should be a text, a number, true or false, or a date")
    return str(value)


def _exactly_written(value: Any) -> str:
    """A word that is looked for in files: of 1.50, the file that was read no longer tells the last digit."""
    if isinstance(value, float):
        raise ValueError("a number with a decimal point should stand in quotes, as the file has it")
    return written(value)


Constant = Annotated[str, BeforeValidator(written)]
Word = Annotated[str, BeforeValidator(_exactly_written)]


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


def _rule_column(name: Any) -> str:
    text = str(name).strip()
    if not re.fullmatch(r"\w[\w .-]{0,59}", text):
        raise ValueError(f"`{name}` is no column of contacts: letters, digits, blanks, points and hyphens")
    return text


RuleColumn = Annotated[str, BeforeValidator(_rule_column)]


def _identifier_type(value: Any) -> str:
    if value not in (known := identifier_types()):
        raise ValueError(f"there is no identifier `{value}`{near_miss(str(value), known)}; known are {', '.join(known)}")
    return value


IdentifierType = Annotated[str, BeforeValidator(_identifier_type)]


def _source(value: Any) -> str:
    contracts = load_contracts()
    if value not in contracts:
        raise ValueError(
            f"there is no source `{value}`{near_miss(str(value), contracts)}; known are {', '.join(sorted(contracts))}"
        )
    return value


SourceName = Annotated[str, BeforeValidator(_source)]
