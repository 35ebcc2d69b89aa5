"""A text with its percent-encoding and its JSON escapes undone, and where each of its letters stood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(r"((?:%[0-9A-Fa-f]{2})+)|\\(?:u([0-9A-Fa-f]{4})|([nrtbf\"'\\/]))")
_ESCAPED = re.compile(rf"(?:{_ESCAPE.pattern})$")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ROUNDS = 3


@dataclass(frozen=True)
class View:
    """A text with its escapes undone so many times. `places` tell where each letter stood in the text, with the end; `is_last`:
    there are no more to undo.
    """

    text: str
    places: range | list[int]
    is_last: bool

    def is_sure(self, start: int, end: int) -> bool:
        """Whether what adjoins this stretch is as it stands: an escape is left to the next view, which knows its letter."""
        before = self.text[max(0, start - 6) : start]
        return self.is_last or not (_ESCAPE.match(self.text, end) or _ESCAPED.search(before))


def views(text: str) -> Iterator[View]:
    """A text as it is written, and with its escapes undone, once and again."""
    places: range | list[int] = range(len(text) + 1)
    for left in reversed(range(_ROUNDS + 1)):
        is_last = not left or ("%" not in text and "\\" not in text) or not _ESCAPE.search(text)
        yield View(text, places, is_last)
        if is_last:
            return
        text, places = _undone(text, places)


def _undone(text: str, places: range | list[int]) -> tuple[str, list[int]]:
    letters: list[str] = []
    stood: list[int] = []
    last = 0
    for match in _ESCAPE.finditer(text):
        encoded, code, mark = match.groups()
        if encoded:
            plain = bytes.fromhex(encoded.replace("%", "")).decode("utf-8", "surrogateescape")
        else:
            plain = chr(int(code, 16)) if code else _PLAIN.get(mark, mark)
        letters += [text[last : match.start()], plain]
        stood += places[last : match.start()]
        at = match.start()
        for letter in plain:
            stood.append(places[at])
            at += 3 * len(letter.encode("utf-8", "surrogateescape")) if encoded else 0
        last = match.end()
    letters.append(text[last:])
    stood += places[last:]
    return "".join(letters), stood
