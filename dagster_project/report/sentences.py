"""Sentences that the pipeline writes into tables in English, as the reader's language says them.

Each is known by its template; what stands in its places (columns, counts, names) is kept, or told in turn where it is a sentence
itself. What no template knows, as an error that a library words, stays as it is and is marked as English.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from dagster_project.report.language import Language
from dagster_project.report.words import N_


class English(str):
    """A text that stays in English on a page in another language."""

    __slots__ = ()
    lang = "en"


SENTENCES = [
    # why a row is in quarantine (loads/stage.py, casts.py, exact.py, mend.py)
    N_("{column} is missing, which {other} asks for"),
    N_("{column} is missing"),
    N_("{column} is not above zero"),
    N_("{column} is not above {least}"),
    N_("{column} is not {meaning}"),
    N_("{column} lies before the year {year}"),
    N_("{column} lies in the future"),
    N_("none of {columns} is given"),
    N_("none of the key's columns is given: {columns}"),
    N_("the line is not a JSON object of moderate depth"),
    N_("the record has {values} values where the header has {columns} columns"),
    N_("the record holds a NUL byte"),
    N_("the text is not valid UTF-8"),
    N_("the line has {bytes} bytes, more than the {limit} that are read"),
    N_("{name} (from {sources})"),
    N_("more reasons: {number} (quality.quarantine has every row)"),
    # how a file's columns drift (loads/drift.py)
    N_("most values are not {meaning}; their rows are in quarantine"),
    N_("fills {target}, as did {columns} before"),
    N_("fills {target}, by another spelling"),
    N_("fills {target}"),
    N_("every row needs it; the rows without it are in quarantine"),
    N_("kept in _extra"),
    N_("used as relance.yml says"),
    N_("leaves {target} empty"),
    N_("is no longer in _extra"),
    N_("was used as relance.yml says"),
    N_("{number} more columns"),
    N_("{type} before, {other} now"),
    # why an activation wrote no file (activation/build.py, records.py)
    N_("{rows} rows are fewer than the {least} that {platform} takes: no {mode} file"),
    N_("nothing has changed since the last export"),
    N_("no message is due"),
    N_("a check failed: the last good export stays in place"),
    N_("this run was exported before; its folder is no longer there"),
    N_("this run was exported before; the time of its files is over"),
    N_("{people} people are in {audience} after {before}, {meaning}: no {mode} file until the `bounds` of its YAML allow for it"),
    N_("{people} people are in {audience}, {meaning}: no {mode} file until the `bounds` of its YAML allow for it"),
    N_(
        "{gone} of the {held} records that {platform} holds are gone, more than {share}: no {mode} file until the `bounds` of "
        "its YAML allow for it"
    ),
    # what checks say (quality/rates.py, orders.py, costs.py, gx.py, assets/loads.py, privacy.py)
    N_("checks: {number}"),
    N_("{lines}. Land their rates under generic/exchange_rates."),
    N_("{table}: {faults} in {currency}, between {first} and {last}"),
    N_("{fault} and {another}"),
    N_("{rows} row without a rate"),
    N_("{rows} rows without a rate"),
    N_("{rows} row at a rate more than a month old"),
    N_("{rows} rows at a rate more than a month old"),
    N_("{table}, {month}: {number} {orders} without an amount that can be read"),
    N_("{table}, {month}: {number} {orders} of less than nothing"),
    N_("{table}, {month}: {number} {orders} of orders that nobody tells of"),
    N_("{table}, {month}: {number} {orders} of more than the order's amount"),
    N_("{table}, {month}: {number} {orders} of products without a known price"),
    N_("{lines}. The orders are listed in quality.order_gaps."),
    N_("{table}: {number} with a share that is neither 0, nor 1, nor between (25 % is 0.25), of {amount}: not counted"),
    N_("{table}: {number} without an exchange rate, of {amount}: not counted"),
    N_("{table}: {number} with an end before the beginning, of {amount}: counted on the first day"),
    N_("{feed}: {number} refused, in quarantine: not counted"),
    N_("{lines}. The costs are listed in measurement.cost_gaps."),
    N_("{refused} of the {rows} newest rows are in quality.quarantine, with reasons"),
    N_("{rule} on {column} ({number} rows)"),
    N_("{number} requests name no valid identifier: correct their rows"),
    # why costs are not counted (measurement/cost_gaps.sql)
    N_("No exchange rate to the currency of the company is known for its day; not counted."),
    N_("It falls after the day of the run; not counted yet."),
    N_("The ad account already tells what this campaign cost on these days; counted once, there."),
    N_("The leads of this supplier already tell what they cost in these months; counted once, there."),
    N_("An influencer's fee already tells this amount in this month; counted once, there."),
    N_("The share is neither 0, nor 1, nor between (25 % is 0.25); not counted."),
    N_("It ends before it begins. Counted as a whole, on its first day."),
    N_("Nobody tells when it was paid: neither a contract nor a code has a day. Counted as a whole, in no month."),
]
MEANINGS = {
    N_("text"),
    N_("valid JSON of moderate depth"),
    N_("a time (ISO 8601 or Unix epoch)"),
    N_("a date (YYYY-MM-DD)"),
    N_("a number with a decimal point"),
    N_("a whole number"),
    N_("true or false"),
    N_("an IP network in CIDR notation"),
    N_("order"),
    N_("orders"),
    N_("refund"),
    N_("refunds"),
    N_("fewer than its least"),
    N_("more than its most"),
    N_("grown too much"),
    N_("shrunk too much"),
}
"""What stands in place of `{meaning}` and `{orders}`: it is told in the reader's language, too."""
BETWEEN = "; "
"""Between sentences of one text."""


def said(text: str, _: Language) -> str:
    """A sentence of the tables in the reader's language, or as English."""
    if _.code == "en" or not text:
        return text
    return _translated(text, _) or English(text)


def _translated(text: str, _: Language) -> str | None:
    for template, pattern in _patterns():
        if found := pattern.fullmatch(text):
            values = {name: _value(name, value, _) for name, value in found.groupdict().items()}
            if None not in values.values():
                return _(template, **values)
    parts = [_translated(part, _) for part in text.split(BETWEEN)] if BETWEEN in text else [None]
    return None if None in parts else BETWEEN.join(part for part in parts if part)


def _value(name: str, value: str, _: Language) -> str | None:
    if name in ("lines", "faults", "fault", "another"):
        return _translated(value, _)
    if name == "column":
        return _translated(value, _) or value
    if name in ("meaning", "orders"):
        return _(value) if value in MEANINGS else None
    if name == "mode":
        return _.word(value)
    if name in ("first", "last"):
        return _.day(date.fromisoformat(value)) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value
    if name == "month":
        return _.month(date.fromisoformat(f"{value}-01")) if re.fullmatch(r"\d{4}-\d\d", value) else value
    if re.fullmatch(r"\d[\d,]*", value) and name != "year":
        return _.count(int(value.replace(",", "")))
    return value


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Templates as patterns: a place takes no end of a sentence, but for one that takes several of them."""
    found = []
    for template in SENTENCES:
        parts = re.split(r"{(\w+)}", template)
        places = [
            f"(?P<{part}>{'.+' if part == 'lines' else '[^;]+?'})" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        ]
        found.append((template, re.compile("".join(places))))
    return found
