"""Small worlds of identifiers and what was seen of them, through the models of the identity room."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.identity_settings import IdentityLimits

from .light_dbt import LightDbt, insert

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
START = datetime(2026, 1, 1)
MODELS = (
    "refused_identifiers", "stated_names", "minors_links", "refused_links", "nodes", "judged_links", "strong_edges",
    "strong_components", "forbidden_pairs", "separated", "strong_people", "named_nodes", "phone_people", "device_people",
    "click_people", "people", "resolved_identifiers", "edges", "profile_changes", "identifiers", "aliases",
)  # fmt: skip

LIGHT_DBT = LightDbt()

End = tuple[str, str]
"""Type and identifier."""


@dataclass(frozen=True)
class Link:
    """Two identifiers seen together, `day` days after the start."""

    left: End
    right: End
    day: int = 0
    rule: str = "login"


@dataclass
class World:
    """What was told so far, and what the models made of it."""

    names: dict[str, str] = field(default_factory=dict)
    """contact_id → "first last"."""
    must: Sequence[tuple[End, End]] = ()
    cannot: Sequence[tuple[End, End]] = ()
    limits: IdentityLimits = field(default_factory=IdentityLimits)
    births: dict[str, str] = field(default_factory=dict)
    """contact_id → birth date; minors are told by it as of the start."""

    def __post_init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self.told: list[Link] = []
        self.runs = 0
        for seed in ("identifier_types", "blocked_identifiers"):
            with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            self.con.execute(f"create table {seed} ({', '.join(f'{name} varchar' for name in header)})")
            insert(self.con, seed, [tuple(row) for row in rows])
        self.con.execute(
            "alter table identifier_types alter tier type integer; alter table identifier_types alter names_person type boolean"
        )
        pair = "(left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar)"
        self.con.execute(f"create table must_link {pair}; create table cannot_link {pair}")
        self.con.execute("create table company as select 'FR' as country")
        insert(self.con, "cannot_link", [(*one, *other) for one, other in self.cannot])
        self.con.execute("create table identity_limits (identifier_type varchar, partner_type varchar, most bigint)")
        insert(self.con, "identity_limits", self.limits.by_pair())
        self.con.execute(
            """create table unified_contacts (contact_id varchar, source varchar, birth_date date, created_at timestamp,
                updated_at timestamp);
            create table user_traits (device varchar, event_date date, identifier_type varchar, identifier varchar, field varchar,
                value varchar);
            create table unified_leads (lead_id varchar, source varchar, first_name varchar, last_name varchar);
            create table exact_links (left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar,
                rule varchar, refused_reason varchar);
            create table comparable_contacts (contact_id varchar, first_name varchar, last_name varchar, birth_date varchar);
            create table telling (left_type varchar, left_identifier varchar, right_type varchar, right_identifier varchar,
                rule varchar, seen_at timestamp, batch bigint)"""
        )
        for contact in self.names.keys() | self.births.keys():
            first_name, _, last_name = self.names.get(contact, "").partition(" ")
            born = self.births.get(contact)
            insert(self.con, "comparable_contacts", [(contact, first_name or None, last_name or None, born)])
            insert(self.con, "unified_contacts", [(contact, "generic", born, START, START)])

    def identify(self, end: End, **traits: str) -> World:
        """What a visitor says of themselves: field → value."""
        rows = [(end[1], START.date(), *end, name, value) for name, value in traits.items()]
        insert(self.con, "user_traits", rows)
        return self

    def tell(self, links: Iterable[Link]) -> World:
        """Add links and run the models."""
        links = list(links)
        self.told += links
        rows = {
            "lt": [link.left[0] for link in links], "li": [link.left[1] for link in links],
            "rt": [link.right[0] for link in links], "ri": [link.right[1] for link in links],
            "rule": [link.rule for link in links], "at": [START + timedelta(days=link.day) for link in links],
            "batch": self.runs,
        }  # fmt: skip
        self.con.execute(
            """insert into telling
            select unnest($lt::varchar[]), unnest($li::varchar[]), unnest($rt::varchar[]), unnest($ri::varchar[]),
                unnest($rule::varchar[]), unnest($at::timestamp[]), $batch::bigint""",
            rows,
        )
        return self.run()

    def withdraw(self, left: End, right: End) -> World:
        """Take back what was told of two identifiers; each was seen nevertheless."""
        self.con.execute(
            """update telling set right_type = left_type, right_identifier = left_identifier
            where left_type = ? and left_identifier = ? and right_type = ? and right_identifier = ?""",
            [*left, *right],
        )
        return self.tell([Link(right, right)])

    def run(self, full_refresh: bool = False) -> World:
        """Run the models on what was told."""
        self.runs += 1
        as_of = START + timedelta(days=self.runs)
        self.con.execute(f"create or replace table run as select 'run{self.runs}' as run_id, timestamp '{as_of}' as as_of")
        self.con.execute(
            """create or replace table observed_identifiers as
            select identifier_type, identifier, min(seen_at) as first_seen, max(seen_at) as last_seen
            from (select left_type as identifier_type, left_identifier as identifier, seen_at from telling
                union all select right_type, right_identifier, seen_at from telling) group by all"""
        )
        self.con.execute("delete from must_link")
        insert(self.con, "must_link", [(*one, *other) for one, other in self.must])
        LIGHT_DBT.build(self.con, "hand_links")
        self.con.execute(
            """create or replace table observed_links as
            select left_type, left_identifier, right_type, right_identifier, rule, min(seen_at) as first_seen,
                max(seen_at) as last_seen, count(*) as observations, 'generic' as source, 'm1' as first_id, 'm2' as last_id,
                min(batch) as _batch
            from (from telling union all
                select * exclude (word), word, null, null from (from hand_links where word = 'must_link')
                semi join observed_identifiers as l on l.identifier_type = left_type and l.identifier = left_identifier
                semi join observed_identifiers as r on r.identifier_type = right_type and r.identifier = right_identifier)
            group by all"""
        )
        LIGHT_DBT.build(self.con, *MODELS, full_refresh=full_refresh)
        return self

    def people(self) -> dict[End, str]:
        """Identifier → profile_id."""
        rows = self.con.execute("select identifier_type, identifier, profile_id from identifiers").fetchall()
        return {(row[0], row[1]): row[2] for row in rows}

    def one(self, *ends: End) -> bool:
        """Whether these are one person; an identifier that stands for nobody is with nobody."""
        people = self.people()
        return len({people.get(end, end) for end in ends}) == 1

    def edges(self) -> set[tuple]:
        """Ends, rule, and why refused."""
        return set(
            self.con.execute(
                "select left_type, left_identifier, right_type, right_identifier, rule, accepted, refused_reason from edges"
            ).fetchall()
        )

    def reasons(self, end: End) -> set[str]:
        """Why links of an identifier were refused."""
        return {row[6] for row in self.edges() if end in (row[0:2], row[2:4]) and not row[5]}

    def changes(self) -> list[tuple]:
        """The journal: kind, rule, former id, id."""
        return self.con.execute(
            "select kind, rule, old_profile_id, profile_id from profile_changes order by position, kind"
        ).fetchall()
