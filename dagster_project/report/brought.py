"""What it brought: the chapter that a marketer reads first."""

from __future__ import annotations

from dagster_project.report.growth_panels import growth_panels
from dagster_project.report.language import Language
from dagster_project.report.panel import Chapter
from dagster_project.report.partner_panels import partner_panels
from dagster_project.report.reader import Reader
from dagster_project.report.return_panels import return_panels


def brought_chapter(read: Reader, _: Language) -> Chapter:
    note = _("What was spent, what it brought and what it is worth. Money is in {currency}, net of refunds.", currency=_.currency)
    return Chapter(
        "brought", _("What it brought"), note, [*return_panels(read, _), *growth_panels(read, _), *partner_panels(read, _)]
    )
