"""Values of an explanation as a terminal shows them."""

from __future__ import annotations

import json
from typing import Any

from dagster_project.report.text import written

WIDE = 60
"""Characters of one value: identifiers may have 10,000."""


def short(text: str) -> str:
    """A text that may be very long, or hold what a terminal obeys, on one line."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(text.split()))
    return text if len(text) <= WIDE else f"{text[: WIDE - 1]}… ({len(text):,} characters)"


def cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float) or hasattr(value, "is_signed"):
        return value
    return moment(value) if hasattr(value, "hour") else short(written(value))


def moment(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else ""


def day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if value else ""


def yes(value: bool) -> str:
    return "yes" if value else "no"


def fields(text: str | None) -> dict[str, Any]:
    """The fields of a JSON object; none of NULL."""
    return json.loads(text) if text else {}


def worded(value: Any) -> str:
    """A value of whatever kind, as a text."""
    if value is None or isinstance(value, str):
        return value or ""
    if hasattr(value, "hour"):
        return moment(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | int | float | list | dict) else str(value)
