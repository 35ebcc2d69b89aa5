"""How identifiers stand in texts, such as refused rows, notes, URLs and files: which stretch is a person's, and which only holds
the same letters and is another's.

An address or number counts wherever it stands as a whole, in any case, also percent-encoded or escaped as in JSON (twice, too):
ann@x.fr is neither in joann@x.fr nor in ann@x.fr.example. Of what RFC 5322 allows in an address and people don't have in theirs,
the marks that separate in URLs, forms and tables (= / ? # | { }) end it, as in `?email=ann@x.fr`. Of a phone number every usual
way of writing counts (phonenumbers' formats, other separators, 00 for +, as dialled at home), but no part of a longer number. Ids
count as words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from dagster_project.privacy.escapes import View, views

BLOT = "erased"

_INNER = "!$%&'*^`~"
"""What may stand in an address between letters, and around it as a mark of text: `o'ann@x.fr` is one, `'ann@x.fr'` is ann's."""
_BEFORE = rf"(?<![\w.+-])(?<!\w[{_INNER}])"
_AFTER = r"(?![^\W_]|[.-]+[^\W_]|@)"
_LOCAL = re.compile(rf"[\w.+{_INNER}=/?#|{{}}-]{{1,64}}$")
_START = re.compile(_BEFORE)
_DOMAIN = re.compile(rf"[^\W_]+(?:[.-]+[^\W_]+)*{_AFTER}")
_AT = re.compile(r"@|%(?:25)*40|\\+u0040", re.IGNORECASE)

_WORD_GOES_ON = re.compile(r"[\w@]|[.-]\w")

_SEPARATORS = ("", " ", ".", "-", "/", "\u00a0")
_ABROAD = re.compile(r"(?:\+|\b00)(\d{1,3})[)./ (\u00a0-]{0,3}$")
"""The code of a country before a number as it is dialled at home."""

_GAP = r"(?:[ -/\xa0]|\\+/|%(?:25)*(?:2[0-9a-f]|c2%(?:25)*a0)|\\+u00(?:2[0-9a-f]|a0))*"
"""What may stand between the last digits of a number."""


@dataclass(frozen=True)
class Quotes:
    """What a person is known by in texts.

    Args:
        emails: addresses, as compared and as written.
        phones: every way of writing their numbers that counts (`spellings`).
        words: ids that are long enough to tell by.
        names: first and last names; they matter only in the paths of files.
        codes: the codes of the countries of these numbers.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()

    def found_in(self, text: str) -> bool:
        """Whether a text names the person by an address, a number or an id."""
        if self.addressed_in(text):
            return True
        return bool(self.words) and any(self._has_word(view) for view in views(text))

    def addressed_in(self, text: str) -> bool:
        """Whether it does by an address or a number."""
        return self._hint is not None and bool(self._hint.search(text)) and any(True for _ in self._spans(text))

    def named_in(self, path: str) -> bool:
        """Whether a path gives the person away."""
        return "@" in path or self.found_in(path) or any(name.lower() in path.lower() for name in self.names)

    def blotted(self, text: str) -> str:
        """The text without the addresses and numbers."""
        pieces: list[str] = []
        last = 0
        for start, end in sorted(set(self._spans(text))):
            if start >= last:
                pieces += [text[last:start], BLOT]
            last = max(last, end)
        return "".join([*pieces, text[last:]])

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """Regular expressions (RE2's and Python's) for texts that hold the letters and digits of an address or number in a row,
        whatever their case: they leave a lot out at little cost, and nothing that counts.
        """
        # All ways of writing a number end alike.
        ends = {re.sub(r"\D", "", text)[-6:] for text in self.phones}
        return _by_parts({_loosely(text.lower()) for text in self.emails} | {_GAP.join(end) for end in ends})

    @cached_property
    def word_hints(self) -> tuple[str, ...]:
        """The same for ids."""
        return _by_parts(set(map(_loosely, self.words)))

    @cached_property
    def _hint(self) -> re.Pattern[str] | None:
        return re.compile("|".join(self.hints), re.IGNORECASE) if self.hints else None

    @cached_property
    def _emails(self) -> re.Pattern[str] | None:
        return re.compile(f"{_BEFORE}(?:{_any(self.emails)}){_AFTER}", re.IGNORECASE) if self.emails else None

    @cached_property
    def _phones(self) -> re.Pattern[str] | None:
        return re.compile(_any(self.phones)) if self.phones else None

    @cached_property
    def _words(self) -> dict[int, set[str]]:
        """The ids by their length: somebody may have thousands."""
        found: dict[int, set[str]] = {}
        for word in self.words:
            found.setdefault(len(word), set()).add(word)
        return found

    @cached_property
    def _word_starts(self) -> re.Pattern[str]:
        letters = "".join(re.escape(letter) for letter in sorted({word[0] for word in self.words}))
        return re.compile(rf"(?=[{letters}])(?<![\w@])(?<!\w[.-])")

    def _has_word(self, view: View) -> bool:
        for start in self._word_starts.finditer(view.text):
            for length, words in self._words.items():
                place, end = start.start(), start.start() + length
                if view.text[place:end] in words and not _WORD_GOES_ON.match(view.text, end) and view.is_sure(place, end):
                    return True
        return False

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where addresses and numbers stand in a text."""
        for view in views(text):
            found = [*self._emails.finditer(view.text)] if self._emails else []
            if self._phones:
                found += [number for number in self._phones.finditer(view.text) if self._is_whole(view.text, number)]
            for match in found:
                if view.is_sure(*match.span()):
                    yield view.places[match.start()], view.places[match.end()]

    def _is_whole(self, text: str, number: re.Match[str]) -> bool:
        before, after = text[max(0, number.start() - 8) : number.start()], text[number.end() : number.end() + 3]
        joints = ".-" if number[0].lstrip("+").isdigit() else " ./-\u00a0"
        if re.match(r"\.0(?!\w)", after):  # a number that a tool held as a float
            after = ""
        if _is_word(after[:1]) or (after[:1] in joints and after[1:2].isdigit()):
            return False
        if not number[0].startswith("+") and (abroad := _ABROAD.search(before)):
            return abroad[1] in self.codes
        return not (_is_word(before[-1:]) or (before[-1:] in joints and before[-2:-1].isdigit()))


def spellings(number: str, written: Iterable[str], country: str) -> tuple[set[str], str]:
    """Every way of writing a phone number that counts, and the code of its country.

    Args:
        number: in E.164.
        written: how it stands in rows.
        country: two letters; the company's, whose numbers people write as they dial them.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberFormat as Format

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return {number, *written}, ""
    code = str(parsed.country_code)
    abroad = re.findall(r"\d+", phonenumbers.format_number(parsed, Format.INTERNATIONAL))[1:]
    at_home = phonenumbers.format_number(parsed, Format.NATIONAL)
    groups = re.findall(r"\d+", at_home)
    trunk = "".join(groups).removesuffix("".join(abroad))
    known = {text.strip() for text in written}
    found = known | {number, code + "".join(abroad)}
    found.add(phonenumbers.format_number(parsed, Format.INTERNATIONAL))
    for sign, joint in product(("+", "00"), _SEPARATORS):
        own = joint.join(abroad)
        for prefix in (sign + code, f"({sign}{code})"):
            found |= {prefix + joint + own, f"{prefix} {own}"}
            found |= {f"{prefix}({trunk}){own}", f"{prefix} ({trunk}){own}"} if trunk else set()
    told_at_home = any("".join(re.findall(r"\d", text)) == "".join(groups) for text in known)
    if told_at_home or phonenumbers.region_code_for_number(parsed) == country.upper():
        found |= {at_home, *(joint.join(groups) for joint in _SEPARATORS[1:])}
        if trunk or len("".join(groups)) > 8:  # eight digits may be a date
            found.add("".join(groups))
    return found, code


def addresses_in(text: str) -> set[str]:
    """What an address that stands in a text may be, in lower case: of `email=ann@x.fr` both `ann@x.fr` and the whole.

    `Quotes` of an address finds it in no text whose addresses it is not among.
    """
    found: set[str] = set()
    if not _AT.search(text):
        return found
    for view in views(text):
        for at in re.finditer("@", view.text):
            domain = _DOMAIN.match(view.text, at.end())
            local = _LOCAL.search(view.text, max(0, at.start() - 64), at.start())
            if domain and local:
                starts = _START.finditer(view.text, local.start(), at.start())
                found |= {view.text[start.start() : domain.end()].lower() for start in starts}
    return found


def has_address_sql(text: str) -> str:
    """SQL condition: `addresses_in` may find one."""
    return f"regexp_matches({text}, '{_AT.pattern}', 'i')"


def _any(texts: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(texts, key=lambda text: (-len(text), text))))


def _by_parts(patterns: set[str]) -> tuple[str, ...]:
    """Patterns joined by the hundred: an expression of RE2 has bounds."""
    ordered = sorted(patterns)
    return tuple("|".join(ordered[start : start + 100]) for start in range(0, len(ordered), 100))


def matching_sql(column: str, hints: Sequence[str]) -> str:
    """SQL condition on a column: one of these matches, given as the parameters $1, $2, …"""
    return " or ".join(f"regexp_matches({column}, ${place}, 'i')" for place in range(1, len(hints) + 1)) or "false"


def _loosely(text: str) -> str:
    """The pattern of a text whose marks may be escaped."""
    parts = []
    for letter in text:
        if letter.isascii() and letter.isalnum():
            parts.append(letter)
            continue
        encoded = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode())
        units = letter.encode("utf-16-be")
        escaped = "".join(rf"\\+u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
        parts.append(rf"(?:\\*{re.escape(letter)}|{encoded}|{escaped})")
    return "".join(parts)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
