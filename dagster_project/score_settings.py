"""`scores:` of relance.yml: how people are scored, and when the models behind predictions are fitted again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

import duckdb
from pydantic import Field, model_validator

from dagster_project.config_file import Part
from dagster_project.setting_types import Constant, Country

LOOK_BACK_MONTHS = 36
"""Months at whose beginning predictions look at customers of the past, to learn from what became of them."""


class Rfm(Part):
    """Recency, frequency, monetary value."""

    sort: Literal["total", "criteria"] = "total"
    """Best customers first by the sum of the three scores, or by recency, then frequency, then value."""


class Clv(Part):
    """What customers are worth."""

    repeat_buyers: int = Field(default=100, ge=20)
    """Customers with orders on two days that it takes to fit a model to them; with fewer, plain rates and means are used."""
    sample: int = Field(default=25_000, ge=1_000, le=500_000)
    """Customers that a fit learns from, drawn by a hash where there are more."""


Strictness = Literal["off", "flag", "refuse"]
"""What becomes of a lead that a check finds fault with: nothing, a human looks at it, it is left out."""


class Prequalification(Part):
    """Checks on leads before they are scored."""

    unreachable: Strictness = "refuse"
    """Neither a valid e-mail address that takes mail nor a valid telephone number."""
    email: Strictness = "flag"
    """No valid e-mail address, or one that mail comes back from."""
    phone: Strictness = "flag"
    """No valid telephone number."""
    disposable: Strictness = "refuse"
    """An address at a provider of throw-away mailboxes."""
    age: Strictness = "flag"
    area: Strictness = "flag"
    occupation: Strictness = "flag"
    duplicate: Strictness = "refuse"
    """The same person asked again within `duplicate_days`: that lead is refused, the person is not."""
    spam: Strictness = "refuse"
    duplicate_days: int = Field(default=30, ge=1)
    min_age: int | None = Field(default=None, ge=0, le=120)
    max_age: int | None = Field(default=None, ge=0, le=120)
    countries: list[Country] = []
    regions: list[Constant] = []
    postal_codes: list[Constant] = []
    """How they begin: `75` is Paris."""
    occupations: list[Constant] = []

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise ValueError("`min_age` lies above `max_age`: nobody would be in the target")
        return self


class Leads(Part):
    """Points for leads, and who is looked at first."""

    prequalification: Prequalification = Prequalification()


class Predictions(Part):
    """Probabilities, learnt from the past."""

    lead_days: int = Field(default=30, ge=1, le=365)
    """Days within which a lead converts."""
    buy_days: int = Field(default=30, ge=1, le=365)
    """Days within which a customer buys again."""
    churn_days: int = Field(default=180, ge=1, le=1095)
    """Days without an order after which a customer counts as gone."""
    features: list[Constant] | None = None
    """Columns of leads that predictions may be made of; by default all that the seed denied_features does not refuse."""


class Scores(Part):
    refit: Literal["monthly", "weekly", "daily"] = "monthly"
    """How often what predicts is fitted anew: on the first of the month, on Mondays, every day, at midnight of the company."""
    rfm: Rfm = Rfm()
    clv: Clv = Clv()
    leads: Leads = Leads()
    predictions: Predictions = Predictions()

    def fit_date(self, as_of: datetime, timezone: str) -> date:
        """The last day of the company's time at whose beginning, not after `as_of` (naive UTC), models are due to be fitted."""
        day = as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
        if self.refit == "monthly":
            day = day.replace(day=1)
        elif self.refit == "weekly":
            day -= timedelta(days=day.weekday())
        return day

    def fit_at(self, as_of: datetime, timezone: str) -> datetime:
        """The moment at which that day begins (naive UTC)."""
        return midnight(self.fit_date(as_of, timezone), timezone)

    def moments(self, as_of: datetime, timezone: str) -> dict[int, datetime]:
        """Month, counted from the year 0 → the moment at which it begins (naive UTC), up to that in which models are fitted."""
        last = self.fit_date(as_of, timezone)
        newest = last.year * 12 + last.month - 1
        months = range(newest - LOOK_BACK_MONTHS, newest + 1)
        return {month: midnight(date(month // 12, month % 12 + 1, 1), timezone) for month in months}


def midnight(day: date, timezone: str) -> datetime:
    """The moment at which a day begins there (naive UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def write_scores(con: duckdb.DuckDBPyConnection, scores: Scores, as_of: datetime, timezone: str) -> None:
    """Write control.scores: one row with what SQL needs of the settings, and the moment that fits speak of."""
    row = _row(scores, scores.fit_at(as_of, timezone), scores.fit_date(as_of, timezone))
    columns = ", ".join(f"${name}::{kind} as {name}" for name, (kind, _) in row.items())
    con.execute(f"create or replace table control.scores as select {columns}", {name: value for name, (_, value) in row.items()})
    moments = scores.moments(as_of, timezone)
    con.execute(
        "create or replace table control.score_moments as select unnest($1::integer[]) as month, unnest($2::timestamp[]) moment",
        [list(moments), list(moments.values())],
    )


def _row(scores: Scores, fit_at: datetime, fit_date: date) -> dict[str, tuple[str, Any]]:
    """Column → (type, value)."""
    return {
        "fit_at": ("timestamp", fit_at),
        "fit_date": ("date", fit_date),
        "rfm_sort": ("varchar", scores.rfm.sort),
        "clv_repeat_buyers": ("bigint", scores.clv.repeat_buyers),
        "clv_sample": ("bigint", scores.clv.sample),
        "duplicate_days": ("bigint", scores.leads.prequalification.duplicate_days),
        "lead_days": ("bigint", scores.predictions.lead_days),
        "buy_days": ("bigint", scores.predictions.buy_days),
        "churn_days": ("bigint", scores.predictions.churn_days),
        "features": ("varchar[]", scores.predictions.features),
    }
