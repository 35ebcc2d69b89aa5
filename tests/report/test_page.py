"""The page of a run, opened as its reader opens it: from a file, without a network, by day and by night."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from dagster_project.report.charts import flows, risers_and_fallers, sizes
from dagster_project.report.page import write_report
from dagster_project.report.section import Section
from dagster_project.report.summary import Summary

pytestmark = pytest.mark.xdist_group("browser")

MOVES = [("champions", "at_risk", 120), ("loyal", "champions", 31), ("at_risk", "lost", 7)]
WEEKS = [
    ("customer tiers", datetime(2026, 5, 4), 12, 3),
    ("customer tiers", datetime(2026, 5, 11), 0, 40),
    ("lead grades", datetime(2026, 5, 11), 5, 1),
]
SIZES = [(segment, datetime(2026, 5, day), 100 * day) for segment in ("champions", "at_risk") for day in (1, 8, 15)]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    told = {"moves": flows(MOVES, "Moves"), "weeks": risers_and_fallers(WEEKS, "Weeks"), "sizes": sizes(SIZES, "Sizes")}
    sections = [
        Section("Moves", ["from", "to", "people"], list(MOVES), chart=told["moves"]),
        Section(
            "Weeks", ["of", "week", "rose", "fell"], [(k, f"{w:%Y-%m-%d}", u, d) for k, w, u, d in WEEKS], chart=told["weeks"]
        ),
        Section("Sizes", ["segment", "day", "people"], [(s, f"{d:%Y-%m-%d}", n) for s, d, n in SIZES], chart=told["sizes"]),
        Section("Rows <b>&amp;", ["what", "how many"], [("=cmd|' /C calc'!A0", 3), ("</script><script>alert(1)</script>", 1)]),
    ]
    summary = Summary("Belle & <Glow>", "run1", datetime(2026, 5, 15), 3.0, True, [("Rows read", "12")], sections)
    return write_report(summary, tmp_path_factory.mktemp("report"))


@pytest.fixture
def opened(browser: Any, page: Path, request: pytest.FixtureRequest) -> Any:
    tab = browser.new_page(color_scheme=getattr(request, "param", "light"))
    tab.told, tab.asked = [], []
    tab.on("console", lambda message: tab.told.append(message.text))
    tab.on("pageerror", lambda error: tab.told.append(str(error)))
    tab.on("request", lambda asked: tab.asked.append(asked.url))
    tab.goto(page.as_uri())
    tab.wait_for_selector("figure svg")
    yield tab
    tab.close()


def test_every_chart_is_drawn_without_a_network(opened: Any, page: Path) -> None:
    """A report in a colleague's mail shows empty boxes, or asks a server in another country for its script."""
    opened.wait_for_function("document.querySelectorAll('figure svg').length === 3")
    assert opened.told == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [page.as_uri()]
    assert "120" in opened.locator("figure").first.inner_text()


@pytest.mark.parametrize("opened", ["light", "dark"], indirect=True)
def test_charts_wear_the_colours_of_the_page(opened: Any) -> None:
    """By night the words of a chart stand dark on dark."""
    ink = "(e) => getComputedStyle(e)"
    page = opened.evaluate(
        "getComputedStyle(document.querySelector('h1')).color, getComputedStyle(document.querySelector('dt')).color"
    )
    word = opened.locator("figure svg text", has_text="moved to").first.evaluate(f"e => ({ink})(e).fill")
    assert word == page


def test_the_page_is_accessible(opened: Any) -> None:
    """Whoever reads with a keyboard or a screen reader finds no way into the figures."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(opened).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_numbers_can_be_taken_away_as_csv(opened: Any) -> None:
    """An analyst types the figures of a chart into a spreadsheet; or a cell of a file runs as a formula there."""
    links = opened.locator("a[download]").evaluate_all("links => links.map(link => [link.download, link.href])")
    tables = {name: list(csv.reader(io.StringIO(unquote(address.partition(",")[2])))) for name, address in links}
    assert tables["moves.csv"] == [["from", "to", "people"], *[[old, new, str(people)] for old, new, people in MOVES]]
    assert any(rows[1][0].startswith("'=") for rows in tables.values())


def test_what_files_say_stays_text(opened: Any) -> None:
    """A column named like a script runs in the analyst's browser."""
    assert opened.locator("h1").inner_text() == "Belle & <Glow>"
    assert opened.locator("td", has_text="</script>").count() == 1
