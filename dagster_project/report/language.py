"""The languages of the report: what it says, and how a reader of each writes numbers, money and dates.

Texts stand in English where they are said, `_("…")`; `locales/<language>.po` has them in the other languages (gettext catalogues,
which translators' tools and Babel read). How a locale writes a number or a date is Babel's affair, whose data are Unicode's CLDR;
the charts follow the same locale by the d3 locales that vl-convert brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.languages import get_official_languages
from babel.localedata import exists
from babel.messages.pofile import read_po
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from dagster_project.report.words import STAGES, WORDS

LANGUAGES = {"en": "English", "fr": "Français"}
"""Each under the name its speakers give it."""

MINUS = "\N{MINUS SIGN}"
"""What stands before negative figures: the charts' script writes it so, too."""

NOTHING = "–"
"""A figure that is not known, or undefined: a return on no costs."""

_ELSEWHERE = {"en": "en_001", "fr": "fr_FR"}
_MONTHS = {"en": "en-US", "fr": "fr-FR"}
"""Whose names of months and days the charts take."""


@dataclass(frozen=True)
class Language:
    """One language, as read in one country, of one company. `_("text")` is the text in it."""

    code: str
    locale: Locale
    currency: str
    zone: ZoneInfo

    def __call__(self, message: str, **values: Any) -> str:
        """A text of the report; `{name}` in it is filled in after it was translated."""
        told = _catalogue(self.code).get(message, message)
        return told.format(**values) if values else told

    def word(self, value: Any) -> str:
        """A word of the tables (`at_risk`) as people say it; words that are not Relance's own without their underscores."""
        if value is None or value == "":
            return NOTHING
        text = str(value)
        return self(WORDS[text]) if text in WORDS else text.replace("_", " ")

    def stage(self, value: Any) -> str:
        """A stage of AARRR: some are called as channels or figures are, which are other things."""
        return self(STAGES[value]) if value in STAGES else self.word(value)

    def count(self, value: Any) -> str:
        return self.number(value, 0)

    def number(self, value: Any, digits: int = 2) -> str:
        """With `digits` decimals at most; None is a dash."""
        if value is None:
            return NOTHING
        pattern = _up_to(digits, self.locale.decimal_formats[None].pattern.partition(".")[0])
        return _signed(format_decimal(_plain(value), pattern, self.locale))

    def money(self, value: Any, digits: int | None = None) -> str:
        """In the company's currency, with its usual decimals or `digits`."""
        if value is None:
            return NOTHING
        pattern = self.locale.currency_formats["standard"].pattern
        if digits is None:
            return _signed(format_currency(_plain(value), self.currency, pattern, self.locale))
        pattern = _up_to(digits, pattern.replace(".00", ""))
        return _signed(format_currency(_plain(value), self.currency, pattern, self.locale, currency_digits=False))

    def share(self, value: Any, digits: int = 1) -> str:
        """0.123 as 12.3%."""
        if value is None:
            return NOTHING
        return _signed(format_percent(_plain(value), _up_to(digits, self.locale.percent_formats[None].pattern), self.locale))

    def percent(self, value: Any) -> str:
        """300.0 as 300%: figures that are per cent already."""
        return NOTHING if value is None else self.share(_plain(value) / 100)

    def day(self, value: date | None) -> str:
        return NOTHING if value is None else format_date(value, "medium", locale=self.locale)

    def month(self, value: date | None) -> str:
        return NOTHING if value is None else format_date(value, "MMM y", locale=self.locale)

    def moment(self, value: datetime | None) -> str:
        """A moment of the tables (naive UTC) by the company's clock."""
        if value is None:
            return NOTHING
        home = self.at_home(value)
        return f"{format_date(home, 'medium', locale=self.locale)}, {home:%H:%M}"

    def at_home(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None)

    @property
    def symbol(self) -> str:
        return get_currency_symbol(self.currency, self.locale)

    def charts(self) -> dict[str, Any]:
        """What vegaEmbed needs to write numbers and dates."""
        import vl_convert  # a second of work, for pages only

        numbers = {
            "decimal": get_decimal_symbol(self.locale),
            "thousands": get_group_symbol(self.locale),
            "grouping": [3],
            "currency": ["", f"\u00a0{self.symbol}"],
            "percent": self.share(0).replace("0", ""),
        }
        return {"formatLocale": numbers, "timeFormatLocale": vl_convert.get_time_format_locale(_MONTHS[self.code])}


def _plain(value: Any) -> Decimal:
    """Infinity and the like have no place in a report."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _signed(figure: str) -> str:
    return figure.replace("-", MINUS)


def _up_to(digits: int, pattern: str) -> str:
    """A pattern of CLDR's for whole numbers, with so many decimals at most."""
    return pattern.replace("0", f"0.{'#' * digits}", 1) if digits else pattern


def language(code: str, country: str, currency: str, timezone: str) -> Language:
    """A language as it is written in a country where it is official, or else the world over."""
    here = f"{code}_{country}"
    is_at_home = code in get_official_languages(country, de_facto=True) and exists(here)
    return Language(code, Locale.parse(here if is_at_home else _ELSEWHERE[code]), currency, ZoneInfo(timezone))


def spoken_in(country: str) -> str:
    """The language of the report in a company's country, where nobody says otherwise."""
    official = get_official_languages(country, de_facto=True)
    return "fr" if "fr" in official and "en" not in official else "en"


@cache
def _catalogue(code: str) -> dict[str, str]:
    path = Path(__file__).parent / "locales" / f"{code}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(told.id): str(told.string) for told in read_po(file, locale=code) if told.id and told.string}
