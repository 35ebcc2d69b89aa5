"""The one exception for everything a user can cause and mend."""

from __future__ import annotations


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
