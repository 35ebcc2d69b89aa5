"""What people say of identifiers in seeds, and the mistakes that `relance check` finds in it."""

from __future__ import annotations

import pytest

from dagster_project.check import check_project
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

HEADER = "left_type,left_identifier,right_type,right_identifier,reason\n"


def mistakes(project: Settings, **seeds: str) -> list[str]:
    folder = project.base / "seeds"
    folder.mkdir(exist_ok=True)
    for name, text in seeds.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return [str(mistake) for mistake in check_project(project.config_path).mistakes]


def test_contradictions_are_told_with_both_lines(make_project):
    """Two colleagues say opposite things of two people; one of them must hear of it. Nobody's address is told."""
    must = HEADER + "email,a@x.org,contact_id,1,\ncontact_id,1,user_id,u,\nemail,z@x.org,user_id,z,\n"
    cannot = HEADER + "email,q@x.org,user_id,q,\nuser_id,u,email,a@x.org,seen\nuser_id,u,user_id,u,\n"
    chained, same = mistakes(make_project(), must_link=must, cannot_link=cannot)
    assert "cannot_link.csv:3 and " in chained and "must_link.csv:2" in chained and "must_link.csv:3" in chained
    assert "cannot_link.csv:4" in same
    assert "x.org" not in chained + same


def test_rows_that_can_mean_nothing_are_told(make_project):
    """A mistyped type would be passed over in silence, and the person stay welded."""
    must = HEADER + "e-mail,a@x.org,contact_id,1,\nemail,,contact_id,1,\n"
    found = mistakes(make_project(), must_link=must, blocked_identifiers="identifier_type,pattern,reason\n*,none,x\nphon,1%,x\n")
    assert ["must_link.csv:2" in found[0], "must_link.csv:3" in found[1], "blocked_identifiers.csv:3" in found[2]] == [True] * 3
    assert "did you mean `email`" in found[0] and "did you mean `phone`" in found[2] and len(found) == 3


def test_the_shipped_seeds_have_no_mistakes(make_project):
    """A project that says nothing itself starts without a complaint."""
    assert mistakes(make_project()) == []


def test_a_limit_for_an_unknown_type_is_told(make_project):
    """A limit that is never heard guards nothing."""
    with pytest.raises(RelanceError) as found:
        make_project("identity: {limits: {pairs: {phon: {user_id: 3}, email: {user_id: 0}}}}\n")
    unknown, too_small = map(str, found.value.mistakes)
    assert "did you mean `phone`" in unknown and "relance.yml:2" in unknown
    assert "user_id" in too_small and "greater than or equal to 1" in too_small
