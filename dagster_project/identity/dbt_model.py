"""The dbt model identity.probable_pairs, which is Python: what it reads, what it remembers, and when it has nothing to do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.identity.probable import SCHEMA, Terms, propose

_TABLE = """create table if not exists identity.matching (
    ground varchar, contacts bigint, compared bigint, linked bigint, review bigint, left_out varchar, note varchar)"""
_OPTIONS = "select current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory')"


def probable_pairs(session: Any, contacts: duckdb.DuckDBPyRelation, company: duckdb.DuckDBPyRelation, before: str) -> pa.Table:
    """The pairs of the comparable contacts, worked out only when these or the terms have changed.

    The table identity.matching keeps what the pairs stand on and what was looked at: counts, and in words why nothing was found.

    Args:
        session: the DuckDB connection that builds the model.
        contacts, company: identity.comparable_contacts and control.company.
        before: name of the table that an earlier run left, if one did.

    Returns:
        A table of SCHEMA; empty where probable duplicates are turned off.
    """
    settings = company.project("probable_enabled, probable_link_above, probable_review_above").fetchone()
    enabled, *thresholds = settings or (False,)
    session.execute(_TABLE)
    known = session.execute("select ground from identity.matching").fetchone()
    if not enabled:
        session.execute("delete from identity.matching")
        return SCHEMA.empty_table()
    terms = Terms(*thresholds)
    ground = _ground(contacts, terms)
    if known == (ground,):
        return session.execute(f"select * from {before} order by left_identifier, right_identifier").to_arrow_table().cast(SCHEMA)
    memory, threads, temporary = session.execute(_OPTIONS).fetchone()
    options = {"memory_limit": memory, "threads": str(threads), "temp_directory": temporary}
    found, matching = propose(contacts.to_arrow_table(), terms, options)
    session.execute("delete from identity.matching")
    session.execute(
        "insert into identity.matching values ($ground, $contacts, $compared, $linked, $review, $left_out, $note)",
        asdict(matching) | {"ground": ground, "left_out": json.dumps(matching.left_out)},
    )
    return found


def _ground(contacts: duckdb.DuckDBPyRelation, terms: Terms) -> str:
    """A hash of all that decides the pairs: the contacts in whatever order, the terms, this package and Splink."""
    rows = contacts.query("contacts", "select count(*), sum(hash(contacts))::varchar from contacts").fetchone()
    digest = hashlib.sha256(repr((rows, terms, version("splink"))).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
