"""The one exception for everything a user can cause and mend, and other errors' messages made safe to tell."""

from __future__ import annotations

import re


class RelanceError(Exception):
    """A mistake a person can mend, told in one message.

    Args:
        what: what is wrong, in one sentence without personal data.
        where: the file (and line), folder, setting or table it was found in.
        how: what to do about it.
    """

    def __init__(self, what: str, where: str | None = None, how: str | None = None):
        self.what, self.where, self.how = what, where, how
        self.mistakes: list[RelanceError] = []
        """Where several mistakes are told at once: each of them."""
        parts = [what.rstrip(".")]
        if where:
            parts.append(f"Where: {where}")
        if how:
            parts.append(f"How to mend: {how.rstrip('.')}")
        super().__init__(". ".join(parts) + ".")


def safe_message(text: str) -> str:
    """The message of dbt or DuckDB in one line, without the values that it quotes: they may be somebody's personal data."""
    lines = [line.strip() for line in text.splitlines()]
    headings = (
        "Runtime Error in", "Compilation Error in", "Database Error in", "compiled code at", "LINE ", "Original Line:", "^",
    )  # fmt: skip
    kept = [line for line in lines if line and not line.startswith(headings)]
    line = " ".join(kept)
    if re.search(r"\b(Conversion|Invalid Input|Constraint|Out of Range) Error", line):
        line = re.sub(r"\".*\"|'.*'", "…", line)
        line = re.sub(r"(key:?\s*)\S.*", r"\1…", line) if "Constraint Error" in line else line
    line = re.sub(r"\S*@\S*", "…", line)  # quote marks too may stand in an address
    return line[:500]
