"""Both languages say everything, and write figures as their readers do."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.loads.casts import MEANING
from dagster_project.quality.costs import MISTAKES, REFUSED
from dagster_project.quality.orders import GAPS
from dagster_project.report.language import LANGUAGES, NOTHING, language, spoken_in
from dagster_project.report.sentences import English
from dagster_project.report.sentences import said as sentence
from dagster_project.report.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "dagster_project" / "report"
EXTRACTORS = {".py": "python", ".j2": "jinja2.ext.babel_extract"}

FRENCH = language("fr", "FR", "EUR", "Europe/Paris")
ENGLISH = language("en", "GB", "EUR", "Europe/London")


def said() -> dict[str, str]:
    """Every text of the report in English, and the file it stands in."""
    found = {}
    for path in sorted(REPORT.iterdir()):
        if path.suffix in EXTRACTORS:
            with path.open("rb") as file:
                for _line, text, *_more in extract(EXTRACTORS[path.suffix], file, keywords={"_": None, "N_": None}):
                    found[text] = path.name
    return found


def told(code: str) -> dict[str, str]:
    with (REPORT / "locales" / f"{code}.po").open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=code) if one.id}


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"en"}))
def test_every_text_is_told_in_every_language(code: str) -> None:
    """A French reader meets an English sentence, or a hole, in the middle of the page."""
    texts, catalogue = said(), told(code)
    assert len(texts) > 300
    assert {text: where for text, where in texts.items() if not catalogue.get(text)} == {}
    assert set(catalogue) - set(texts) == set()


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"en"}))
def test_figures_stand_in_every_translation(code: str) -> None:
    """A translation without its `{figure}` says nothing, one with another's name ends the report."""
    for text, translation in told(code).items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", translation)), text


def test_words_of_the_shipped_seeds_are_known() -> None:
    """A segment or tier that a seed names comes up untranslated."""
    told = {
        "rfm_segments": ["segment"],
        "customer_tiers": ["name", "action"],
        "channel_rules": ["channel"],
        "offline_channels": ["channel"],
    }
    for seed, columns in told.items():
        with (ROOT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if "in French" not in row.get("description", "")]
        assert {row[column] for row in rows for column in columns} <= WORDS.keys(), seed


def test_figures_are_written_as_their_readers_do() -> None:
    """1,234 is a thousand in London and little more than one in Paris."""
    assert ENGLISH.money(Decimal("1234567.5")) == "€1,234,567.50"
    assert FRENCH.money(Decimal("1234567.5")) == "1\u202f234\u202f567,50\u00a0€"
    assert (ENGLISH.share(0.1234), FRENCH.share(0.1234)) == ("12.3%", "12,3\u00a0%")
    assert (ENGLISH.percent(300.0), FRENCH.percent(-12.5)) == ("300%", "−12,5\u00a0%")
    assert (ENGLISH.day(date(2026, 6, 30)), FRENCH.day(date(2026, 6, 30))) == ("30 Jun 2026", "30 juin 2026")
    assert language("en", "US", "USD", "UTC").day(date(2026, 6, 30)) == "Jun 30, 2026"
    assert language("en", "FR", "EUR", "UTC").count(1234) == language("en", "ZZ", "EUR", "UTC").count(1234) == "1,234"
    assert language("fr", "CA", "CAD", "UTC").money(2) == "2,00\u00a0$"


def test_moments_are_told_by_the_company_s_clock() -> None:
    """A run at midnight in Paris would be told as of the evening before."""
    assert FRENCH.moment(datetime(2026, 6, 30, 22, 0)) == "1 juil. 2026, 00:00"


def test_what_is_not_known_is_a_dash() -> None:
    """A return on no costs would read as nought, which is break-even."""
    told = {
        getattr(FRENCH, kind)(None) for kind in ("count", "number", "money", "share", "percent", "day", "month", "moment", "word")
    }
    assert told == {NOTHING}


@settings(max_examples=100)
@given(st.decimals(-(10**13), 10**13, places=4), st.sampled_from([FRENCH, ENGLISH]))
def test_no_digit_is_lost(value: Decimal, reader) -> None:
    """Money that went through a binary fraction, or a group of digits that a locale drops, no longer adds up."""
    digits = re.sub(r"[^\d]", "", reader.number(value, 4))
    decimals = reader.number(value, 4).rpartition("," if reader is FRENCH else ".")[2] if value % 1 else ""
    assert Decimal(digits).scaleb(-len(decimals)) == abs(value)


def test_a_stage_is_not_called_as_a_channel() -> None:
    """The friends who recommend a shop are taken for the sites that link to it."""
    assert (FRENCH.stage("referral"), FRENCH.word("referral")) == ("recommandation", "sites référents")


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("`at` (from `day`) is not a date (YYYY-MM-DD)", "`at` (de `day`) n’est pas une date (AAAA-MM-JJ)"),
        ("the line is not a JSON object of moderate depth", "la ligne n’est pas un objet JSON de profondeur raisonnable"),
        (
            "most values are not a whole number; their rows are in quarantine",
            "la plupart des valeurs ne sont pas un nombre entier\u202f; leurs lignes sont en quarantaine",
        ),
        (
            "orders: 1 row without a rate and 2 rows at a rate more than a month old in CHF, between 2026-03-20 and 2026-03-21",
            "orders\u00a0: 1 ligne sans taux et 2 lignes à un taux de plus d’un mois en CHF, "
            "entre le 20 mars 2026 et le 21 mars 2026",
        ),
        (
            "shop, 2026-05: 1 order of less than nothing",
            "shop, mai 2026\u00a0: 1 commande de moins que rien",
        ),
        (
            "1 requests name no valid identifier: correct their rows",
            "demandes sans identifiant valide\u00a0: 1\u202f; corriger leurs lignes",
        ),
        ("the record has 8 values where the header has 20 columns", "l’enregistrement a 8 valeurs pour 20 colonnes d’en-tête"),
        (
            "1,054 rows are fewer than the 2,000 that Some Platform (list) takes: no delta file",
            "lignes\u00a0: 1\u202f054, moins que les 2\u202f000 que demande Some Platform (list)\u00a0: "
            "pas de fichier (changements)",
        ),
        (
            "orders: 1 row without a rate in CHF, between 2026-03-20 and 2026-03-20; lines: 4 rows without a rate in CHF, "
            "between 2026-03-20 and 2026-03-21. Land their rates under generic/exchange_rates.",
            "orders\u00a0: 1 ligne sans taux en CHF, entre le 20 mars 2026 et le 20 mars 2026; lines\u00a0: 4 lignes "
            "sans taux en CHF, entre le 20 mars 2026 et le 21 mars 2026. Déposer leurs taux sous generic/exchange_rates.",
        ),
    ],
)
def test_sentences_of_the_tables_are_told_in_the_reader_s_language(english: str, french: str) -> None:
    """The first alert of the French page is English."""
    assert sentence(english, FRENCH) == french
    assert sentence(english, ENGLISH) == english


def test_what_loads_and_checks_say_is_known() -> None:
    """A reason that the loads word otherwise one day comes up untranslated."""
    reasons = [f"`a` is not {meaning}" for meaning in MEANING.values()]
    gaps = [f"shop, 2026-05: {gap.format(count=2, orders='orders', refunds='refunds')}" for gap in GAPS.values()]
    costs = [f"leads: {mistake.format(count=2, amount='3000.00 EUR')}" for mistake in MISTAKES.values()]
    costs.append(REFUSED.format(feed="generic/ad_spend", count=2))
    costs.append(f"{'; '.join(costs)}. The costs are listed in measurement.cost_gaps.")
    assert [text for text in [*reasons, *gaps, *costs] if isinstance(sentence(text, FRENCH), English)] == []


@pytest.mark.parametrize("text", ["OSError: no room", "`a` is missing; and something else", "`a` is not what it was"])
def test_what_no_catalogue_knows_is_marked_as_english(text: str) -> None:
    """A screen reader reads English words as if they were French; or half a text is translated."""
    told = sentence(text, FRENCH)
    assert told == text and isinstance(told, English) and told.lang == "en"


def test_words_that_are_not_ours_are_left_as_they_are() -> None:
    """A campaign named `spring_sale` loses its name to a guess."""
    assert FRENCH.word("at_risk") == "à risque" and FRENCH.word("spring_sale") == "spring sale"


@pytest.mark.parametrize(("country", "code"), [("FR", "fr"), ("BE", "fr"), ("DE", "en"), ("GB", "en")])
def test_the_company_s_country_says_which_language_comes_first(country: str, code: str) -> None:
    """Nobody in a French company would look for a setting first."""
    assert spoken_in(country) == code
