"""The page of a run, opened as its reader opens it: from a file, without a network, by day and by night, in two languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from dagster_project.report.charts import bars, grid, intervals, lines, strips
from dagster_project.report.language import Language, language
from dagster_project.report.last_run import Check, LastRun
from dagster_project.report.movement_charts import flows, risers_and_fallers
from dagster_project.report.page import Page, write_report
from dagster_project.report.panel import Alert, Chapter, Column, Panel, Tile
from tests.report.conftest import PAPER, beyond_paper

pytestmark = pytest.mark.xdist_group("browser")

RUN = LastRun("run1", datetime(2026, 5, 15), 3.0, True, [Check("a", True, True)])
MOVES = [("champions", "at_risk", 1200), ("loyal", "champions", 31), ("at_risk", "lost", 7)]
WEEKS = [
    ("customer_tier", datetime(2026, 5, 4), 12, 3),
    ("customer_tier", datetime(2026, 5, 11), 0, 40),
    ("lead_grade", datetime(2026, 5, 11), 5, 1),
]
SIZES = [(segment, datetime(2026, 5, day), 100 * day) for segment in ("champions", "at_risk") for day in (1, 8, 15)]
MONTHS = [(date(2026, month, 1), name, 1000.5 * month) for month in (1, 2, 3) for name in ("costs", "revenue")]
CHARTS = 7


def told(_: Language) -> Page:
    moves = [Column(_("from"), "word"), Column(_("to"), "word"), Column(_("people"), "count")]
    days = [Column(_("segment"), "word"), Column(_("day"), "day"), Column(_("value"), "money")]
    plain = [Column("what"), Column("how many", "count")]
    spoilt = [("=cmd|' /C calc'!A0", 3), ("</script><script>alert(1)</script>", 1)]
    wide = [
        Column("what"),
        *(Column(f"figure {number}", "money") for number in range(13)),
        Column("sum", "money", is_shown=False),
    ]
    panels = [
        Panel("wide", "Wide", "", wide, [("a campaign", *[-123456.78] * 14)]),
        Panel("moves", "Moves", "who moved", moves, MOVES, [flows(MOVES, "Moves", _)]),
        Panel("weeks", "Weeks", "", plain, [("up", 12)], [risers_and_fallers(WEEKS, "Weeks", _)]),
        Panel("sizes", "Sizes", "", days, SIZES, [strips("Sizes", SIZES, _("people"))], shown=2),
        Panel("returns", "Returns", "", plain, [("x", 1)], [bars("Returns", [("a", 2.5), ("b", -0.4)], "ROI", ",.0%", 0)]),
        Panel("months", "Months", "", plain, [("x", 1)], [lines("Months", MONTHS, "EUR", line=2000)]),
        Panel(
            "lift", "Lift", "", plain, [("x", 1)], [intervals("Lift", [("all", 0.02, -0.01, 0.05)], "difference")], is_open=True
        ),
        Panel("map", "Map", "", plain, [("x", 1)], [grid("Map", [("1", "5", 3, "three\n3")], "across", "down", (90, 40))]),
        Panel("rows", "Rows <b>&amp;", "", plain, spoilt),
        Panel("empty", "Never ran", "", plain, []),
    ]
    alerts = [Alert("Revenue hangs on one customer", "12%", True), Alert("A feed is late", "9 days")]
    chapters = [Chapter("first", _("People"), "", panels), Chapter("second", "Empty chapter", "", panels[-1:])]
    return Page(_, "Belle & <Glow>", RUN, [Tile(_("Profiles"), _.count(1234567), "note", "good")], alerts, chapters)


PAGES = [told(language(code, "FR", "EUR", "Europe/Paris")) for code in ("en", "fr")]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(PAGES, tmp_path_factory.mktemp("report"), tmp_path_factory.mktemp("state"), asks=True)


def opened_in(browser: Any, page: Path, **reader: Any) -> Iterator[Any]:
    tab = browser.new_page(**reader)
    tab.told, tab.asked = [], []
    tab.on("console", lambda message: tab.told.append(message.text))
    tab.on("pageerror", lambda error: tab.told.append(str(error)))
    tab.on("request", lambda asked: tab.asked.append(asked.url))
    tab.goto(page.as_uri())
    tab.wait_for_selector("#page[data-drawn]")
    yield tab
    tab.close()


@pytest.fixture
def opened(browser: Any, page: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    yield from opened_in(browser, page, **getattr(request, "param", READERS[0]))


READERS = [{"color_scheme": "light", "locale": "en-GB"}, {"color_scheme": "dark", "locale": "fr-FR"}]
EVERY_READER = pytest.mark.parametrize("opened", READERS, indirect=True)


@EVERY_READER
def test_every_chart_is_drawn_without_a_network(opened: Any, page: Path) -> None:
    """A report in a colleague's mail shows empty boxes, or asks a server in another country for its script."""
    assert opened.locator("figure svg").count() == CHARTS
    assert opened.told == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [page.as_uri()]
    assert "http://" not in page.read_text() and "https://" not in page.read_text()


@EVERY_READER
def test_the_page_is_accessible(opened: Any) -> None:
    """Whoever reads with a keyboard or a screen reader finds no way into the figures."""
    from axe_playwright_python.sync_playwright import Axe

    opened.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    found = Axe().run(opened).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_verdicts_are_not_folded_away(opened: Any) -> None:
    """Which supplier pays stands behind a fold, and the chart above it shows something else."""
    folds = opened.locator("details[open]")
    assert folds.evaluate_all("all => all.map(one => one.closest('article').id)") == ["lift"]


def test_a_french_reader_reads_french(browser: Any, page: Path) -> None:
    """A marketer in Paris reads English headings over figures whose commas mean something else."""
    for tab in opened_in(browser, page, locale="fr-FR"):
        assert tab.locator("html").get_attribute("lang") == "fr"
        assert tab.locator("h2", has_text="Personnes").count() == 1
        assert tab.locator("dd").first.inner_text().startswith("1\u202f234\u202f567")
        assert tab.title() == "Belle & <Glow>\u00a0: rapport du 15 mai 2026"
        assert tab.locator("#moves svg text", has_text="à risque").count() == 2
        assert tab.locator("#moves svg text", has_text="1\u202f200").count() == 1
        assert tab.locator("#months svg text", has_text=re.compile("janv|févr|mars")).count() > 0


def test_a_button_changes_the_language_and_back(opened: Any) -> None:
    """Whoever shares the page with a colleague abroad has to ask for another; or charts are gone after the change."""
    for code, heading in [("fr", "Alertes"), ("en", "Alerts")]:
        opened.locator(f"button[data-to={code}]").click()
        opened.wait_for_selector(f"#page[data-drawn={code}]")
        assert opened.locator("#alerts h2").inner_text() == heading
        assert opened.locator("figure svg").count() == CHARTS
        assert opened.locator("html").get_attribute("lang") == code
    assert opened.told == []


def test_the_setting_outweighs_the_browser(browser: Any, tmp_path: Path) -> None:
    """A company that decided for French meets English in every browser that was never set up."""
    for tab in opened_in(browser, write_report(PAGES[::-1], tmp_path, tmp_path), locale="en-GB"):
        assert tab.locator("html").get_attribute("lang") == "fr"
        assert tab.locator("#alerts h2").inner_text() == "Alertes"


@EVERY_READER
def test_charts_wear_the_colours_of_the_page(opened: Any) -> None:
    """By night the words of a chart stand dark on dark."""
    colour = "(e) => getComputedStyle(e)"
    soft = opened.locator("dt").first.evaluate(f"e => ({colour})(e).color")
    assert opened.locator("#moves svg .role-axis-title text").first.evaluate(f"e => ({colour})(e).fill") == soft


def test_paper_shows_charts_and_their_numbers(opened: Any) -> None:
    """Who prints the page by night gets a black sheet, and folded tables stay folded."""
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.locator("#moves table").is_visible() and not opened.locator("nav").is_visible()
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not opened.locator("#moves table").is_visible()


def test_paper_cuts_no_table_off(opened: Any) -> None:
    """The last columns of a wide table, the verdict among them, lie beyond the edge of the sheet."""
    assert opened.locator("#wide table").evaluate("e => e.offsetWidth") > PAPER
    assert beyond_paper(opened) == []


@pytest.mark.parametrize("opened", [{"viewport": {"width": 390, "height": 800}}], indirect=True)
def test_charts_shrink_on_a_small_screen(opened: Any) -> None:
    """On a telephone the newest months lie out of view, and nothing says that there are any."""
    too_wide = "all => all.filter(one => one.querySelector('svg').getBoundingClientRect().right > innerWidth).map(one => one.id)"
    assert opened.locator("#returns, #months, #lift, #sizes, #weeks").evaluate_all(too_wide) == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_numbers_can_be_taken_away_as_csv(opened: Any) -> None:
    """An analyst types the figures of a chart into a spreadsheet; or a cell of a file runs as a formula there."""
    links = opened.locator("a[download]").evaluate_all("links => links.map(link => [link.download, link.href])")
    tables = {name: list(csv.reader(io.StringIO(unquote(address.partition(",")[2])))) for name, address in links}
    assert tables["moves.csv"] == [["from", "to", "people"], *[[old, new, str(people)] for old, new, people in MOVES]]
    assert len(tables["wide.csv"][1]) == 15 and opened.locator("#wide tbody td").count() == 14
    assert "alone has: 1" in opened.locator("#wide .csv").inner_text()
    assert tables["rows.csv"][1][0].startswith("'=")
    # Those beyond what is shown as well, with dates and figures as programs read them.
    assert len(tables["sizes.csv"]) == 1 + len(SIZES) and tables["sizes.csv"][1] == ["champions", "2026-05-01T00:00:00Z", "100"]
    assert opened.locator("#sizes tbody tr").count() == 2


def test_what_files_say_stays_text(opened: Any) -> None:
    """A column named like a script runs in the analyst's browser."""
    assert opened.locator("h1").inner_text() == "Belle & <Glow>"
    assert opened.locator("td", has_text="</script>").count() == 1


def test_the_contents_lead_to_every_panel(opened: Any) -> None:
    """A link that leads nowhere; or a heading over nothing, of a part that never ran."""
    links = opened.locator("nav a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(links) == len(set(links)) == 1 + 1 + 9
    assert all(opened.locator(link).count() == 1 for link in links)
    assert "Never ran" not in opened.content() and "Empty chapter" not in opened.content()


def test_only_the_owner_can_read_it(page: Path) -> None:
    """Sizes of audiences and returns are a company's own affair."""
    assert {path.stat().st_mode & 0o077 for path in page.parent.iterdir()} == {0}
    assert sorted(path.name for path in page.parent.iterdir()) == ["20260515T000000Z-run1.html", "index.html"]
