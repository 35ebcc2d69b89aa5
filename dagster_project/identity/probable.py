"""Probable duplicates among contacts: people of whom no identifier says that they are one, but nearly all else does.

Splink weighs the candidates' fields; what a family shares is no proof (families.py). The result is a function of the contacts
and the thresholds alone: counts are whole numbers, the sample is drawn with a fixed seed from sorted contacts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.config_file import read_config_file
from dagster_project.errors import RelanceError
from dagster_project.identity.candidates import collect_candidates
from dagster_project.identity.comparisons import COMPARISONS, count_strangers
from dagster_project.identity.families import CONTRADICTION, TOO_LITTLE, UNRELATED, hold_back, side_by_side
from dagster_project.settings import Settings

FORM_DEFAULT = 0.005
"""A birth date, e-mail or phone on more than this share of all contacts (and on more than 20) is what a form fills in."""

LONGEST = 80
"""Characters of a field that are compared."""

EVIDENT_SHARE = 0.6
"""Share of the duplicates that agree letter by letter on names and birth date, e-mail, phone or address."""

SCHEMA = pa.schema(
    [
        ("left_type", pa.string()), ("left_identifier", pa.string()),
        ("right_type", pa.string()), ("right_identifier", pa.string()),
        ("probability", pa.float64()), ("status", pa.string()), ("held_back", pa.string()), ("evidence", pa.string()),
        ("known_since", pa.timestamp("us")),
    ]
)  # fmt: skip
"""One row per pair, left before right. `status` is linked or review; `held_back` says why a pair above the threshold is not
linked; `evidence` is JSON, field → level of agreement, without a value of the contacts; `known_since` is when the later of the
two was made."""


@dataclass(frozen=True)
class Terms:
    """From which probability on a pair is linked, and from which on it is listed for review."""

    link_above: float = 0.95
    review_above: float = 0.5


@dataclass(frozen=True)
class Matching:
    """What a matching looked at and found: counts, and in words why nothing was found, if so."""

    contacts: int = 0
    compared: int = 0
    linked: int = 0
    review: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    note: str | None = None


def require_splink(settings: Settings) -> None:
    """
    Raises:
        RelanceError: probable duplicates are turned on and Splink is not installed.
    """
    if settings.identity.probabilistic.enabled and find_spec("splink") is None:
        where = read_config_file(settings.config_path).where(("identity", "probabilistic", "enabled"))
        how = "pip install 'relance[match]', or set `enabled: false` there"
        raise RelanceError("Probable duplicates need Splink, which is not installed", where, how)


def propose(contacts: pa.Table, terms: Terms, options: dict[str, str] | None = None) -> tuple[pa.Table, Matching]:
    """Pairs of contacts that are probably one person.

    Args:
        contacts: contact_id, source, created_at, FIELDS, gender (f, m or NULL) and is_minor; texts in folded form.
        options: settings of DuckDB, such as memory_limit.

    Returns:
        A table of SCHEMA, and what was looked at.
    """
    with duckdb.connect(":memory:", config=dict(options or {})) as con:
        con.register("given_contacts", contacts)
        _prepare(con)
        (count,) = con.execute("select count(*) from contacts").fetchone() or (0,)
        (named,) = con.execute("select count(*) from contacts where coalesce(first_name, last_name) is not null").fetchone() or (
            0,
        )
        if named < 2:
            return SCHEMA.empty_table(), Matching(count, note="fewer than two contacts have a name")
        candidates = collect_candidates(con)
        u = count_strangers(con) if candidates.pairs else {}
        if not u:
            return SCHEMA.empty_table(), Matching(count, note="no two contacts have enough in common to be compared")
        _score(con, u, terms.review_above, count)
        found = _judge(con, terms)
    statuses = found.column("status").to_pylist()
    linked = statuses.count("linked")
    note = None if statuses else "no pair is probable enough: too few contacts to tell agreement from chance, or no duplicates"
    return found, Matching(count, candidates.pairs, linked, len(statuses) - linked, candidates.left_out, note)


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    """The table `contacts`: numbered in an order of their own, without what a form fills in.

    Comparing two texts takes time by the product of their lengths, so the longest are cut.
    """
    texts = ("first_name", "last_name", "gender", "street", "house", "postal_code", "city")
    cut = ", ".join(f"substr({name}, 1, {LONGEST}) as {name}" for name in texts)
    common = ", ".join(
        f"""case when count({name}) over (partition by {name}) <= greatest(20, {FORM_DEFAULT} * count(*) over ())
            then substr({name}, 1, {LONGEST}) end as {name}"""
        for name in ("birth_date", "email", "phone")
    )
    con.execute(
        f"""create temp table contacts as
        with own as (
            select contact_id, source, created_at, {cut}, {common}, coalesce(is_minor, false) as is_minor
            from given_contacts where contact_id is not null),
        numbered as (select row_number() over (order by own) as n, own.* from own),
        names as (select first_name, count(distinct last_name) as bearers from own where first_name is not null group by all)
        select numbered.*, coalesce(names.bearers, 0) as bearers
        from numbered left join names using (first_name)"""
    )


def _score(con: duckdb.DuckDBPyConnection, u: dict[str, dict[int, float]], review_above: float, count: int) -> None:
    """Fill the temporary table `scored` with the candidates that are probable enough.

    Args:
        u: as `count_strangers` found it; what it does not name is not compared.
    """
    from splink import DuckDBAPI, Linker, block_on

    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "n",
        "probability_two_random_records_match": _prior(con, count),
        "comparisons": [comparison.splink(u[comparison.name]) for comparison in COMPARISONS if comparison.name in u],
        "blocking_rules_to_generate_predictions": [block_on("n")],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("contacts"), settings, log_level=None)
    con.execute("create temp table blocked as select n_l as join_key_l, n_r as join_key_r, '0' as match_key from candidates")
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    scored = linker.inference.predict(threshold_match_probability=review_above, warning_mode="never")
    con.execute(
        f"""create temp table scored as
        select least(n_l, n_r) as n_l, greatest(n_l, n_r) as n_r, round(match_probability, 6) as probability
        from {scored.physical_name}"""
    )


def _prior(con: duckdb.DuckDBPyConnection, count: int) -> float:
    """The probability that two contacts taken at random are one person, from the pairs that are so at first sight."""
    same = ("birth_date", "email", "phone", "street || '|' || coalesce(house, '') || '|' || coalesce(postal_code, city)")
    pairs = [
        con.execute(
            f"""select coalesce(sum(size * (size - 1) // 2), 0)::bigint from (
                select count(*) as size from contacts
                where first_name is not null and last_name is not null and {key} is not null
                group by first_name, last_name, {key})"""
        ).fetchone()
        for key in same
    ]
    evident = max(1, *(found[0] for found in pairs if found))
    return min(0.5, evident / EVIDENT_SHARE / (count * (count - 1) / 2))


def _judge(con: duckdb.DuckDBPyConnection, terms: Terms) -> pa.Table:
    """The scored pairs with their status, sorted by contact."""
    levels = ", ".join(comparison.sql() for comparison in COMPARISONS)
    rows = con.execute(
        f"""select pairs.n_l, pairs.n_r, left_contact.contact_id, right_contact.contact_id, pairs.probability,
            greatest(left_contact.created_at, right_contact.created_at), coalesce({CONTRADICTION}, {TOO_LITTLE}), {levels}
        from ({side_by_side("scored")}) as pairs
        join contacts as left_contact on left_contact.n = pairs.n_l join contacts as right_contact on right_contact.n = pairs.n_r
        where left_contact.contact_id <> right_contact.contact_id and not {UNRELATED}
        order by pairs.probability desc, pairs.n_l, pairs.n_r"""
    ).fetchall()
    links = [(row[0], row[1]) for row in rows if row[4] >= terms.link_above and row[6] is None]
    by_a_third = hold_back(con, links)
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for left, right, left_id, right_id, probability, known_since, held_back, *numbers in rows:
        above = probability >= terms.link_above
        held_back = (held_back or by_a_third.get((left, right))) if above else None
        agreement = {comparison.name: comparison.names[number] for comparison, number in zip(COMPARISONS, numbers, strict=True)}
        told = json.dumps({name: level for name, level in agreement.items() if level != "unknown"})
        status = "linked" if above and held_back is None else "review"
        # A contact that several sources tell of stands for itself several times; the best pair counts.
        ends = (left_id, right_id) if left_id < right_id else (right_id, left_id)
        known = best.get(ends)
        if known is None or (status == "linked" and known[5] != "linked"):
            best[ends] = ("contact_id", ends[0], "contact_id", ends[1], probability, status, held_back, told, known_since)
    columns = list(zip(*(best[ends] for ends in sorted(best)), strict=True)) or [()] * len(SCHEMA)
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)], schema=SCHEMA)
