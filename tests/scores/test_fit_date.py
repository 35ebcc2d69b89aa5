"""When models are due to be fitted: on days of the company's own calendar."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dagster_project.score_settings import Scores


@pytest.mark.parametrize(
    ("refit", "as_of", "day", "moment"),
    [
        ("monthly", "2026-06-30T22:00", date(2026, 7, 1), "2026-06-30T22:00"),
        ("monthly", "2026-06-30T21:59", date(2026, 6, 1), "2026-05-31T22:00"),
        ("monthly", "2026-11-20T08:00", date(2026, 11, 1), "2026-10-31T23:00"),
        ("weekly", "2026-07-05T12:00", date(2026, 6, 29), "2026-06-28T22:00"),
        ("weekly", "2026-07-05T22:00", date(2026, 7, 6), "2026-07-05T22:00"),
        ("daily", "2026-03-29T22:00", date(2026, 3, 30), "2026-03-29T22:00"),
        ("daily", "2026-03-29T21:00", date(2026, 3, 29), "2026-03-28T23:00"),
    ],
)
def test_a_fit_is_due_at_midnight_of_the_company(refit: str, as_of: str, day: date, moment: str):
    """An hour off, a fit would know orders of the day after its own, or the last of a month would wait for another month."""
    scores, at = Scores.model_validate({"refit": refit}), datetime.fromisoformat(as_of)
    assert scores.fit_date(at, "Europe/Paris") == day
    assert scores.fit_at(at, "Europe/Paris") == datetime.fromisoformat(moment) <= at
