"""The page of the demo shop, as a run leaves it: every part of the pipeline has its figures on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dagster_project.report.last_run import kept
from dagster_project.report.make import make_report
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse
from tests.report.conftest import beyond_paper

PANELS = {
    "brought": "costs_and_revenue channels attribution declared_sources campaign_advice campaigns uplift costs ltv_cac "
    "ltv_cac_by_channel cohorts aarrr events lead_suppliers supplied_leads claims influencers "
    "followers holdout_lift",
    "audiences": "audiences reachable_by_channel overlaps export_files",
    "people": "funnel people_by_stage revenue_by_greatest_customers rfm_map rfm_segments customer_tiers",
    "scores": "leads_and_prospects model_cards predictions clv",
    "data": "checks freshness rows_per_source quarantine left_out",
}
DRAWN = (
    "costs_and_revenue channels attribution campaigns uplift costs ltv_cac cohorts aarrr lead_suppliers audiences "
    "reachable_by_channel overlaps funnel revenue_by_greatest_customers rfm_map"
)
LARGEST, SLOWEST = 5_000_000, 2_000
"""Bytes, and milliseconds until it can be read."""


@pytest.fixture(scope="module")
def page(demo: Settings) -> Path:
    """As the run left it."""
    return demo.report_path / "index.html"


def test_every_part_has_its_figures(page: Path, browser: Any) -> None:
    """A renamed column or an empty table drops a chapter from the page, and nobody misses it."""
    tab = browser.new_page(locale="en-GB", viewport={"width": 1240, "height": 1000})
    told: list[str] = []
    tab.on("console", lambda message: told.append(message.text))
    tab.on("pageerror", lambda error: told.append(str(error)))
    tab.goto(page.as_uri())
    tab.wait_for_selector("#page[data-drawn]")
    for chapter, keys in PANELS.items():
        found = tab.locator(f"#chapter-{chapter} article").evaluate_all("all => all.map(one => one.id)")
        assert set(keys.split()) <= set(found), chapter
    drawn = tab.locator("article:has(figure svg)").evaluate_all("all => all.map(one => one.id)")
    assert set(DRAWN.split()) <= set(drawn)
    assert tab.locator("dd").count() >= 8
    assert told == []
    assert "NaN" not in tab.inner_text("main") and "undefined" not in tab.inner_text("main")
    tab.close()


def test_it_can_be_read_by_everybody(page: Path, browser: Any) -> None:
    """A chart of the real shop stands in grey on grey, or a table can't be reached with the keyboard."""
    from axe_playwright_python.sync_playwright import Axe

    tab = browser.new_page(color_scheme="dark", locale="fr-FR")
    tab.goto(page.as_uri())
    tab.wait_for_selector("#page[data-drawn]")
    found = Axe().run(tab).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []
    tab.close()


def test_paper_and_screens_cut_nothing_off(page: Path, browser: Any) -> None:
    """Whether a supplier or an influencer pays stands in columns that nobody sees."""
    tab = browser.new_page(locale="fr-FR", viewport={"width": 1280, "height": 1000})
    tab.goto(page.as_uri())
    tab.wait_for_selector("#page[data-drawn]")
    tab.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    hidden = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.closest('article').id)"
    assert tab.locator(".scroll").evaluate_all(hidden) == []
    assert beyond_paper(tab) == []
    tab.close()


def test_it_is_small_and_opens_at_once(page: Path, browser: Any) -> None:
    """A page that grows with the shop can be neither mailed nor opened."""
    assert page.stat().st_size < LARGEST
    tab = browser.new_page()
    tab.goto(page.as_uri())
    opened = tab.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert opened < SLOWEST
    tab.close()


def test_nobody_is_named(demo: Settings, page: Path) -> None:
    """The page goes round by mail: an address or a number in it is a leak."""
    html = page.read_text(encoding="utf-8")
    with open_warehouse(demo, read_only=True) as con:
        people = con.execute("select email, phone from profiles.profiles where email is not null or phone is not null").fetchall()
    text = html.partition('<script type="text/plain"')[0]
    assert people and not [name for row in people for name in row if name and name in text]
    assert not re.search(r"\bp[0-9a-f]{20}\b", text)


def test_the_same_tables_make_the_same_page(demo: Settings, page: Path, tmp_path: Path) -> None:
    """Two pages of one run differ, and nobody knows which to believe."""
    with open_warehouse(demo, read_only=True) as con:
        run = kept(demo, *con.execute("select run_id, as_of from control.run").fetchone())
        elsewhere = demo.model_copy(update={"report": demo.report.model_copy(update={"path": tmp_path})})
        elsewhere._base = demo.base
        first = make_report(con, elsewhere, run).read_bytes()
        assert make_report(con, elsewhere, run).read_bytes() == first
