"""Identities as people and systems write them, each beside what it is: written out by hand, not worked out by any code of ours.

None: nobody can tell what it is, so it must be in no file.
"""

from __future__ import annotations

from dataclasses import dataclass

EMAILS: list[tuple[str, str | None]] = [
    ("anna@example.com", "anna@example.com"),
    (" Anna.Berg@Example.COM ", "anna.berg@example.com"),
    ("ANNA+SHOP@EXAMPLE.ORG", "anna+shop@example.org"),
    ("\tanna_b-1@example.net\n", "anna_b-1@example.net"),
    ("\u00a0anna@nbsp.example.com\u00a0", "anna@nbsp.example.com"),
    ("j.e.a.n@gmail.com", "j.e.a.n@gmail.com"),
    ("Jean.Dupont+news@Gmail.com", "jean.dupont+news@gmail.com"),
    ("JEANDUPONT@GMAIL.COM", "jeandupont@gmail.com"),
    ("jean+a+b@gmail.com", "jean+a+b@gmail.com"),
    ("jean.dupont@googlemail.com", "jean.dupont@googlemail.com"),
    ("Jean.Dupont+x@GoogleMail.com", "jean.dupont+x@googlemail.com"),
    ("jean.dupont@gmail.co.uk", "jean.dupont@gmail.co.uk"),
    ("jean.dupont+x@notgmail.com", "jean.dupont+x@notgmail.com"),
    ("jean.dupont+x@mail.gmail.com", "jean.dupont+x@mail.gmail.com"),
    ("first.last+tag@outlook.fr", "first.last+tag@outlook.fr"),
    ("o'brien@example.ie", "o'brien@example.ie"),
    ("O'Neil.Sean@Example.IE", "o'neil.sean@example.ie"),
    ("d’arcy@example.fr", "d’arcy@example.fr"),
    ("zoë@example.org", "zoë@example.org"),
    ("ZOÉ@EXAMPLE.ORG", "zoé@example.org"),
    ("zoe\u0301@example.org", "zoé@example.org"),
    ("straße@example.de", "straße@example.de"),
    ("søren@example.dk", "søren@example.dk"),
    ("łukasz@example.pl", "łukasz@example.pl"),
    ("info@bücher.example.com", "info@bücher.example.com"),
    ("Info@BÜCHER.example.com", "info@bücher.example.com"),
    ("info@xn--bcher-kva.example.com", "info@bücher.example.com"),
    ("info@münchen.de", "info@münchen.de"),
    ("info@xn--mnchen-3ya.de", "info@münchen.de"),
    ("почта@пример.рф", "почта@пример.рф"),
    ("ΟΔΥΣΣΕΥΣ@example.gr", "οδυσσευς@example.gr"),
    ("1234567890@example.com", "1234567890@example.com"),
    ("_______@example.com", "_______@example.com"),
    ("a@b.co", "a@b.co"),
    ("very.long.name.of.somebody.with.many.words.in.it@subdomain.of.another.domain.example.co.uk",) * 2,
    ("user!def%xyz@example.com", "user!def%xyz@example.com"),
    ("x{y}|z~@example.com", "x{y}|z~@example.com"),
    ("=cmd@example.com", "=cmd@example.com"),
    ("+plus@example.com", "+plus@example.com"),
    ("-dash@example.com", "-dash@example.com"),
    ("semi;colon@example.com", None),
    ("no at sign", None),
    ("a@b", None),
    ("a b@example.com", None),
    ("a@@example.com", None),
    ("a@example..com", None),
    (".dot@example.com", None),
    ("dot.@example.com", None),
    ("two..dots@example.com", None),
    ("@example.com", None),
    ("anna@", None),
    ("anna@-example.com", None),
    ("zero\u200bwidth@example.com", None),
    ("Anna Berg <anna@example.com>", None),
    ("anna@example.com, bob@example.com", None),
    ("anna@example.com;bob@example.com", None),
    ("null", None),
    ("n/a", None),
    ("", None),
]  # fmt: skip

PHONES: list[tuple[str, str, str | None]] = [
    # France: trunk zero, separators of all kinds, 00, +33 (0), overseas.
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("0612345678", "FR", "+33612345678"),
    ("612345678", "FR", "+33612345678"),
    ("06.12.34.56.78", "FR", "+33612345678"),
    ("06-12-34-56-78", "FR", "+33612345678"),
    ("06/12/34/56/78", "FR", "+33612345678"),
    ("06\u00a012\u00a034\u00a056\u00a078", "FR", "+33612345678"),
    ("+33612345678", "FR", "+33612345678"),
    ("+33 6 12 34 56 78", "DE", "+33612345678"),
    ("0033612345678", "FR", "+33612345678"),
    ("00 33 6 12 34 56 78", "BE", "+33612345678"),
    ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
    ("+33 0612345678", "FR", "+33612345678"),
    ("(06) 12345678", "FR", "+33612345678"),
    ("tel: 06 12 34 56 78", "FR", "+33612345678"),
    ("612345678.0", "FR", "+33612345678"),
    ("01 42 68 53 00", "FR", "+33142685300"),
    ("09 70 80 90 10", "FR", "+33970809010"),
    ("0690 30 12 34", "GP", "+590690301234"),
    ("06 92 12 34 56", "RE", "+262692123456"),
    ("०६१२३४५६७८", "FR", "+33612345678"),
    ("０６１２３４５６７８", "FR", "+33612345678"),
    # United Kingdom: (0), extensions, UK for GB.
    ("020 8366 1177", "GB", "+442083661177"),
    ("020 8366 1177", "UK", "+442083661177"),
    ("+44 (0)20 8366 1177", "GB", "+442083661177"),
    ("0044 20 8366 1177", "FR", "+442083661177"),
    ("+44 20 8366 1177 ext. 5", "GB", "+442083661177"),
    ("07400 123456", "GB", "+447400123456"),
    ("+44 7400 123456", "US", "+447400123456"),
    # North America: +1, 1, 001, letters, extensions.
    ("(650) 253-0000", "US", "+16502530000"),
    ("650-253-0000", "US", "+16502530000"),
    ("1-650-253-0000", "US", "+16502530000"),
    ("+1 650 253 0000", "FR", "+16502530000"),
    ("011 44 20 8366 1177", "US", "+442083661177"),
    ("650.253.0000 x123", "US", "+16502530000"),
    ("650 253 0000 extension 9", "US", "+16502530000"),
    ("1-800-FLOWERS", "US", "+18003569377"),
    ("416 967 1111", "CA", "+14169671111"),
    # Germany, Austria, Switzerland.
    ("030 123456", "DE", "+4930123456"),
    ("0151 12345678", "DE", "+4915112345678"),
    ("+49 (0) 151 1234 5678", "DE", "+4915112345678"),
    ("0664 1234567", "AT", "+436641234567"),
    ("044 668 18 00", "CH", "+41446681800"),
    ("+41446681800", "CH", "+41446681800"),
    # Italy keeps its leading zero; mobiles have none.
    ("06 698 83462", "IT", "+390669883462"),
    ("+39 06 698 83462", "IT", "+390669883462"),
    ("312 345 6789", "IT", "+393123456789"),
    # Spain, Portugal, Belgium, Netherlands, the North.
    ("612 34 56 78", "ES", "+34612345678"),
    ("912 345 678", "PT", "+351912345678"),
    ("0470 12 34 56", "BE", "+32470123456"),
    ("06 12345678", "NL", "+31612345678"),
    ("406 12 345", "NO", "+4740612345"),
    ("070-123 45 67", "SE", "+46701234567"),
    ("041 2345678", "FI", "+358412345678"),
    ("32 12 34 56", "DK", "+4532123456"),
    ("621 123 456", "LU", "+352621123456"),
    ("085 012 3456", "IE", "+353850123456"),
    ("512 345 678", "PL", "+48512345678"),
    # The world: NA is Namibia.
    ("081 123 4567", "NA", "+264811234567"),
    ("03-1234-5678", "JP", "+81312345678"),
    ("0412 345 678", "AU", "+61412345678"),
    ("098765 43210", "IN", "+919876543210"),
    ("11 96123-4567", "BR", "+5511961234567"),
    ("011 15-2345-6789", "AR", "+5491123456789"),
    ("0650-123456", "MA", "+212650123456"),
    ("8 (912) 345-67-89", "RU", "+79123456789"),
    # Nobody can tell.
    ("12345", "FR", None),
    ("06 12 34 56", "FR", None),
    ("06 12 34 56 78 90", "FR", None),
    ("00 00 00 00 00", "FR", None),
    ("0000000000", "FR", None),
    ("+999 123456789", "FR", None),
    ("(555) 123", "US", None),
    ("call me", "FR", None),
    ("0612345678@example.com", "FR", None),
    ("++33612345678x", "ZZ", "+33612345678"),
    ("", "FR", None),
]  # fmt: skip

NAMES: list[tuple[str, str | None]] = [
    ("Zoé", "zoé"), ("ZOÉ", "zoé"), ("Zoe\u0301", "zoé"), ("ZOE\u0301", "zoé"),
    (" Zoé ", "zoé"), ("\u00a0Zoé\u00a0", "zoé"), ("\ufeffZoé", "zoé"), ("Zo\u200bé", "zoé"), ("\u200eZoé\u200f", "zoé"),
    ("O'Brien", "o'brien"), ("O’Brien", "o’brien"), ("d'Arc", "d'arc"), ("Jean-Pierre", "jean-pierre"),
    ("JEAN-PIERRE", "jean-pierre"),
    ("Mary Ann", "mary ann"), ("de la Cruz", "de la cruz"), ("Müller", "müller"), ("Groß", "groß"), ("GROSS", "gross"),
    ("Søren", "søren"), ("ØSTERGÅRD", "østergård"), ("Łukasz", "łukasz"), ("ŁÓDŹ", "łódź"), ("Đorđe", "đorđe"), ("Æsa", "æsa"),
    ("Þór", "þór"), ("Ñuñez", "ñuñez"), ("Čapek", "čapek"), ("Şahin", "şahin"), ("ışık", "ışık"),
    ("İpek", "i̇pek"), ("IŞIK", "işik"), ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"), ("Οδυσσεύς", "οδυσσεύς"), ("ΣΙΣΥΦΟΣ", "σισυφος"),
    ("Дмитрий", "дмитрий"), ("ДМИТРИЙ", "дмитрий"), ("Ёлкин", "ёлкин"), ("李", "李"), ("정", "정"), ("たろう", "たろう"),
    ("محمد", "محمد"), ("שרה", "שרה"), ("Nguyễn", "nguyễn"), ("X Æ A-12", "x æ a-12"), ("Jr.", "jr."), ("McDonald", "mcdonald"),
    ("J", "j"), ("Anna-Lena Sophie Charlotte", "anna-lena sophie charlotte"), ("ﬁona", "ﬁona"),
    ("-", None), ("...", None), ("", None), ("   ", None), ("12345", None), ("Jean\x00Paul", None), ("\u200b", None),
]  # fmt: skip

PLACES: list[tuple[str, str, str | None, str | None]] = [
    # country, postal code as typed, what it is, and the first five digits or the lower-case form without blanks, cut at a hyphen
    ("FR", "75001", "75001", "75001"), ("FR", " 75 001 ", "75001", "75001"), ("FR", "F-75001", "75001", "75001"),
    ("FR", "FR-75001", "75001", "75001"), ("FR", "01000", "01000", "01000"), ("FR", "1000", None, None),
    ("FR", "75001.0", None, None),
    ("FR", "2A004", None, None), ("FR", "75001 Paris", None, None), ("RE", "97400", "97400", "97400"),
    ("MC", "98000", "98000", "98000"),
    ("GB", "SW1A 1AA", "SW1A 1AA", "sw1a1aa"), ("GB", "sw1a 1aa", "sw1a 1aa", "sw1a1aa"),
    ("GB", "SW1A1AA", "SW1A1AA", "sw1a1aa"),
    ("UK", "M1 1AE", "M1 1AE", "m11ae"), ("GB", "EC1A 1BB", "EC1A 1BB", "ec1a1bb"), ("GB", "GIR 0AA", "GIR 0AA", "gir0aa"),
    ("GB", "SW1A", None, None), ("GB", "12345", None, None),
    ("US", "94045", "94045", "94045"), ("US", "94045-1234", "94045", "94045"), ("US", "940451234", "94045", "94045"),
    ("US", "02138", "02138", "02138"), ("US", "2138", None, None), ("US", "CA 94045", None, None),
    ("DE", "10115", "10115", "10115"), ("DE", "D-10115", "10115", "10115"), ("DE", "1067", None, None),
    ("CH", "CH-8001", "8001", "8001"),
    ("BE", "B-1000", "1000", "1000"), ("NO", "0150", "0150", "0150"), ("NO", "150", None, None),
    ("NA", "10001", "10001", "10001"),
    ("NL", "1012 AB", "1012 AB", "1012ab"), ("CA", "K1A 0B1", "K1A 0B1", "k1a0b1"), ("IE", "D02 X285", "D02 X285", "d02x285"),
    ("PT", "1000-001", "1000-001", "1000"), ("PL", "00-950", "00-950", "00"), ("SE", "114 55", "114 55", "11455"),
    ("BR", "01310-100", "01310-100", "01310"), ("FR", "", None, None), ("FR", "???", None, None), ("FR", "-", None, None),
]  # fmt: skip

COUNTRIES: list[tuple[str, str | None]] = [
    ("NA", "NA"), ("NO", "NO"), ("FR", "FR"), ("no", "NO"), ("na", "NA"), (" fr ", "FR"), ("UK", "GB"), ("GB", "GB"),
    ("US", "US"),
    ("DE", "DE"), ("France", None), ("XX", None), ("", None), ("F", None), ("FRA", None), ("NaN", None), ("false", None),
]  # fmt: skip

CITIES: list[tuple[str, str | None, str | None]] = [
    # as typed, letters alone with accents, ASCII letters and digits alone
    ("Paris", "paris", "paris"), (" PARIS ", "paris", "paris"), ("Saint-Étienne", "saintétienne", "saintetienne"),
    ("Saint-E\u0301tienne", "saintétienne", "saintetienne"), ("St. John's (NL)", "stjohn'snl", "stjohnsnl"),
    ("New York", "newyork", "newyork"),
    ("Paris 15", "paris", "paris15"), ("Köln", "köln", "koln"), ("Århus", "århus", "arhus"), ("Łódź", "łódź", None),
    ("Москва", "москва", None),
    ("L'Haÿ-les-Roses", "l'haÿlesroses", "lhaylesroses"), ("Aix en Provence", "aixenprovence", "aixenprovence"),
    ("12", None, None), ("-", None, None),
]  # fmt: skip
"""Amazon's letters are a to z: where a letter has no such form (ł, Cyrillic), the value is left out."""

GENDERS: list[tuple[str, str | None]] = [
    ("f", "f"), ("F", "f"), ("female", "f"), ("Femme", "f"), ("m", "m"), ("Male", "m"), ("x", None), ("unknown", None),
    ("", None),
]  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One person: what was typed, and what it is."""

    id: str
    typed_email: str
    email: str | None
    typed_phone: str
    phone_region: str
    phone: str | None
    typed_first: str
    first: str | None
    typed_last: str
    last: str | None
    typed_country: str
    country: str | None
    typed_zip: str
    zip: str | None
    short_zip: str | None
    typed_city: str
    city: str | None
    ascii_city: str | None
    typed_gender: str
    gender: str | None


def identities(count: int) -> list[Identity]:
    """So many people; lists of different lengths are gone through side by side, so that each value meets many others."""
    found = []
    for n in range(count):
        email, phone = EMAILS[n % len(EMAILS)], PHONES[n % len(PHONES)]
        first, last = NAMES[n % len(NAMES)], NAMES[(7 * n + 3) % len(NAMES)]
        # A postal code is read as one of the person's country, so the two come together in two of three.
        country, zip, whole, short = PLACES[n % len(PLACES)]
        known = {"UK": "GB"}.get(country, country)
        if n % 3 == 2:
            (country, known), zip, whole, short = COUNTRIES[n % len(COUNTRIES)], "", None, None  # type: ignore[assignment]
        city, gender = CITIES[n % len(CITIES)], GENDERS[n % len(GENDERS)]
        found.append(
            Identity(f"p{n:04d}", *email, *phone, *first, *last, country, known, zip, whole, short, *city, *gender)
        )  # fmt: skip
    return found
