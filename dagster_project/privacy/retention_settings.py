"""`retention:` of relance.yml: how long people are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dagster_project.config_file import Part


class Retention(Part):
    """How long a person is kept after the last thing they did themselves: a visit, an order, a click, a reply, a form; an opened
    or delivered message is none. Three years is what the French authority names for people who are no customers (CNIL,
    "Référentiel relatif aux traitements de données à caractère personnel mis en œuvre aux fins de gestion des activités
    commerciales", 2022).
    """

    enabled: bool = False
    days: int = Field(default=1095, ge=30)
    customers_days: int | None = Field(default=None, ge=30)
    """The same for people who have ordered; by default as for all."""
    announce_days: int = Field(default=30, ge=1)
    """How long ahead a person is listed in privacy.retention_due, and at least stands in privacy.announced before a purge."""
    action: Literal["repermission", "purge"] = "repermission"
    """What comes when the time is over: `purge` erases, `repermission` only lists whom to ask (privacy.repermission_due)."""
    sent_keys_days: int = Field(default=90, ge=1)
    """How long a removal that nobody acknowledges is asked for again, counted from when its keys were sent; those of somebody who
    was erased are kept no longer either."""
    exports_days: int | None = Field(default=90, ge=1)
    """How long the files of an export are kept, counted from the moment they speak of; null: for ever. The newest export of each
    activation stays, and whatever still waits to be delivered or, as a removal, to be acknowledged. `enabled` is about people and
    has no bearing on it."""
