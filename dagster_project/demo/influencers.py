"""The people who recommend the shop for money: what they are paid, who follows them, and the codes that they give away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa

from dagster_project.demo.files import Landing
from dagster_project.demo.plan import Plan, pick


@dataclass(frozen=True)
class Influencer:
    """One of them, as the shop's own list tells it."""

    name: str
    platform: str
    code: str
    part: float
    """Share of the orders with an influencer's code that carry this one."""
    followers: int
    posts: int
    engagements: int
    """Of all their posts for the shop."""
    fee: str
    currency: str = "EUR"
    disclosed: str = "true"
    signed_after: int | None = 3
    """Days after the history began; none where no contract is known."""


INFLUENCERS = (
    Influencer("lea_brews", "instagram", "LEA10", 0.55, 42_000, 14, 15_300, "4800.00"),
    Influencer("noah_grinds", "youtube", "NOAH10", 0.25, 6_500, 8, 2_200, "560.00", signed_after=None),
    Influencer("mia_roasts", "instagram", "MIA10", 0.15, 240_000, 6, 23_000, "19500.00", disclosed="false", signed_after=60),
    Influencer("espresso_star", "tiktok", "STAR10", 0.05, 1_400_000, 2, 29_000, "26000.00", "USD", signed_after=200),
    # Nearly nobody reacts to what so many are said to follow, and nobody buys.
    Influencer("crema_queen", "instagram", "CREMA10", 0.0, 85_000, 9, 1_900, "2700.00", disclosed="", signed_after=120),
)
CODES = [influencer.code for influencer in INFLUENCERS]


def spread_codes(plan: Plan, shard: int, size: int) -> np.ndarray:
    """Whose code each of so many orders carries that carry one: its place in CODES."""
    return pick(plan.rng("influencer_codes", shard), [influencer.part for influencer in INFLUENCERS], size)


def write_influencers(plan: Plan, landing: Landing) -> None:
    """The shop's list of influencers."""
    signed = ["" if one.signed_after is None else str(plan.first_day + timedelta(days=one.signed_after)) for one in INFLUENCERS]
    landing.table(
        f"generic/influencers/dt={plan.until}/influencers.csv",
        {
            "influencer": pa.array([one.name for one in INFLUENCERS]),
            "platform": pa.array([one.platform for one in INFLUENCERS]),
            "followers": pa.array([str(one.followers) for one in INFLUENCERS]),
            "engagements": pa.array([str(one.engagements) for one in INFLUENCERS]),
            "posts": pa.array([str(one.posts) for one in INFLUENCERS]),
            "fee": pa.array([one.fee for one in INFLUENCERS]),
            "currency": pa.array([one.currency for one in INFLUENCERS]),
            "disclosed": pa.array([one.disclosed for one in INFLUENCERS]),
            "contract_signed_on": pa.array(signed),
        },
    )
