"""Consent policies: the packs themselves, what a company may change of them, and how mistakes are told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.consent.policy import PACKS, PURPOSES, REGIONS, PolicyChanges, load_packs, policy_of, region_of, write_policy
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings


def test_every_rule_names_its_source_and_no_country_has_two_policies() -> None:
    """A rule nobody can trace can't be checked by counsel; of two policies for a country, chance would choose."""
    packs = load_packs()
    assert set(packs) == set(REGIONS)
    for pack in packs.values():
        assert set(pack.purposes) == set(PURPOSES)
        assert all(rules.source for rules in pack.purposes.values())
    countries = [country for pack in packs.values() for country in pack.countries]
    assert len(countries) == len(set(countries))
    assert {"FR", "DE", "GB", "US", "NO"} <= set(countries)


def test_nothing_but_similar_products_and_work_goes_to_silent_europeans() -> None:
    """The packs are what companies start from: a yes too many in them is a thousand unlawful messages."""
    for region in ("eu", "fr", "uk"):
        rules = load_packs()[region]  # type: ignore[index]
        allowed = {(purpose, kind) for purpose, rule in rules.purposes.items() for kind, basis in rule.silence.items() if basis}
        assert allowed <= {
            ("email", "customer"), ("email", "professional"), ("phone", "professional"), ("post", "customer"),
            ("profiling", "anyone"),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("country", "changes", "region"),
    [
        ("FR", {}, "fr"), ("RE", {}, "fr"), ("DE", {}, "eu"), ("GB", {}, "uk"), ("US", {}, "us"), ("CA", {}, "eu"),
        ("CH", {}, "eu"), ("CH", {"CH": "uk"}, "uk"), ("DE", {"DE": "fr"}, "fr"),
    ],
)  # fmt: skip
def test_whose_policy_holds_where(country: str, changes: dict[str, str], region: str) -> None:
    """A country without a pack of its own must get the strictest, never the one that allows most."""
    assert region_of(PolicyChanges.model_validate({"regions": changes}), country) == region


def test_a_company_changes_single_rules() -> None:
    """Counsel's word on one rule must not mean copying a whole file, nor lose what the file says beside it."""
    told = {"fr": {"email": {"silence": {"customer": "refused"}, "double_opt_in": True}, "sms": {"grant_days": 30}}}
    changes = PolicyChanges.model_validate({"policies": told})
    shipped, changed = policy_of(PolicyChanges()), policy_of(changes)
    email = changed["fr"]["email"]
    assert email.silence["customer"] is None and email.silence["professional"] == shipped["fr"]["email"].silence["professional"]
    assert (email.double_opt_in, email.grant_days) == (True, shipped["fr"]["email"].grant_days)
    assert changed["fr"]["sms"].grant_days == 30
    assert {region: rules for region, rules in changed.items() if region != "fr"} == {
        region: rules for region, rules in shipped.items() if region != "fr"
    }


def test_the_models_table_has_every_rule_once() -> None:
    """A purpose that is missing in the table is one without any row in the consents: nobody could be spoken to for it."""
    with duckdb.connect() as con:
        con.execute("create schema control")
        write_policy(con, PolicyChanges(), "DE")
        rules = con.execute(
            "select count(*), count(distinct (region, purpose, person_kind)), "
            "bool_and((unknown = 'allowed') = (basis is not null)) from control.consent_policy"
        ).fetchone()
        regions = dict(con.execute("select country, region from control.consent_regions").fetchall())
    assert rules == (len(REGIONS) * len(PURPOSES) * 3,) * 2 + (True,)
    assert (regions[""], regions["*"], regions["US"]) == ("eu", "eu", "us")


def test_mistakes_in_relance_yml_are_told_at_once_with_their_lines(make_project: Callable[..., Settings]) -> None:
    """A misspelt purpose would silently leave the shipped rule in force, against counsel's word."""
    wrong = """consent:
  regions: {CH: switzerland}
  policies:
    fr:
      emial: {needs_proof: true}
      email:
        silence: {customer: maybe}
        grant_days: 0
profile:
  priority: [contakts]
  fields: {shoe_size: newest}
lifecycle: {lapsed_after_days: never}
"""
    with pytest.raises(RelanceError) as told:
        make_project(wrong)
    for place in ("yml:3", "yml:6", "yml:8", "yml:9", "yml:11", "yml:12", "yml:13"):
        assert place in str(told.value), place


def test_mistakes_in_packs_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """Whoever edits a pack must not find its mistakes one by one."""
    for path in PACKS.glob("*.yml"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / "eu.yml").read_text(encoding="utf-8")
    (tmp_path / "eu.yml").write_text(text.replace("  profiling:", "  profilling:"), encoding="utf-8")
    uk = (tmp_path / "uk.yml").read_text(encoding="utf-8").split("  profiling:")[0]
    (tmp_path / "uk.yml").write_text(uk, encoding="utf-8")
    (tmp_path / "us.yml").unlink()
    with pytest.raises(RelanceError) as told:
        load_packs(tmp_path)
    for part in ("profilling", "eu.yml:", "says nothing of profiling", "uk.yml:", "us.yml"):
        assert part in str(told.value), part
