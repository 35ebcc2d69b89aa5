"""The dbt model identity.probable_pairs, which is Python: what it reads, what it remembers, and when it has nothing to do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from dagster_project.identity.probable import SCHEMA, Terms, propose

_TABLE = """create table if not exists identity.matching (
    ground varchar, contacts bigint, compared bigint, linked bigint, review bigint, left_out varchar, note varchar)"""
_OPTIONS = ("memory_limit", "threads", "temp_directory")


def probable_pairs(session: Any, contacts: Any, company: Any, before: str) -> pa.Table:
    """The pairs of the comparable contacts, worked out only when these or the terms have changed.

    identity.matching remembers what the pairs stand on, and what was looked at: counts, and a word on why nothing was found.

    Args:
        session: the DuckDB connection that builds the model.
        contacts, company: the relations identity.comparable_contacts and control.company.
        before: name of the table that an earlier run left, if one did.

    Returns:
        A table of SCHEMA; empty where probable duplicates are turned off.
    """
    enabled, *thresholds = company.project("probable_enabled, probable_link_above, probable_review_above").fetchone()
    session.execute(_TABLE)
    known = session.execute("select ground from identity.matching").fetchone()
    session.execute("delete from identity.matching")
    if not enabled:
        return SCHEMA.empty_table()
    terms = Terms(*thresholds)
    ground = _ground(contacts, terms)
    if known == (ground,):
        raise NotImplementedError
    return SCHEMA.empty_table()
