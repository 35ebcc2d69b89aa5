"""`measurement:` of relance.yml: how what was sold is shared out among what brought it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, Self

import duckdb
from pydantic import Field, field_validator, model_validator

from dagster_project.config_file import Part

Model = Literal["first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley"]


class Position(Part):
    """Shares of the first and of the last touch; those between share what is left."""

    first: float = Field(default=0.4, ge=0, le=1)
    last: float = Field(default=0.4, ge=0, le=1)

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if self.first + self.last > 1:
            raise ValueError("`first` and `last` together give away more than there is: at most 1")
        return self


class Measurement(Part):
    lookback_days: int = Field(default=90, ge=1, le=730)
    """Days before a conversion within which what touched the person has a part in it."""
    model: Model = "position"
    """The attribution model that returns (ROI, ROAS, CAC) are counted by; all of them are computed."""
    half_life_days: float = Field(default=7, gt=0, le=365)
    """Days after which a touch has half the weight of one at the conversion, under time decay."""
    position: Position = Position()
    margin: Decimal | None = Field(default=None, gt=0, le=1)
    """Share of net revenue that is left after what was sold has been paid for; unknown by default."""
    own_domains: list[str] = []
    """Domains of the company beside those that its visits land on (a blog, a checkout): who comes from there was there before."""

    @field_validator("own_domains")
    @classmethod
    def _plain_domains(cls, domains: list[str]) -> list[str]:
        plain = [domain.strip().lower().removeprefix("www.") for domain in domains]
        if wrong := [domain for domain in plain if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain)]:
            raise ValueError(f"`{wrong[0]}` is no domain: write it as example.com, without https:// and without a path")
        return plain


def write_measurement(con: duckdb.DuckDBPyConnection, measurement: Measurement) -> None:
    """Write control.measurement, one row, and control.own_domains, one row per domain.

    The margin has a digit more than amounts have: DuckDB's product of two decimals of 18 digits has no more of them, and would
    end at ten thousand million, which a year's revenue in yen or forints soon is.
    """
    con.execute(
        """create or replace table control.measurement as select
            $1::bigint as lookback_days, $2::varchar as model, $3::double as half_life_days,
            $4::double as position_first, $5::double as position_last, $6::decimal(19, 4) as margin""",
        [
            measurement.lookback_days,
            measurement.model,
            measurement.half_life_days,
            measurement.position.first,
            measurement.position.last,
            measurement.margin,
        ],
    )
    con.execute(
        "create or replace table control.own_domains as select unnest($1::varchar[]) as domain", [measurement.own_domains]
    )
