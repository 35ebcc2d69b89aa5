"""What several rooms' tests share: an empty project, and the demo shop run once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dagster_project import kept_work
from dagster_project.settings import Settings, load_settings

os.environ.setdefault(kept_work.FOLDER, str(Path(__file__).parents[1] / "var" / "cache"))  # the user's own is left alone

settings.register_profile(
    "relance", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("relance")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers (`-n`), what is dear is made once: a worker gets a whole file, or all tests of a session's fixture.
    The latter come first, so that none of them is begun when the other workers have nothing left to do."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        return
    sharing, alone = [], []
    for item in items:
        fixtures = {name: found[-1] for name, found in item._fixtureinfo.name2fixturedefs.items()}  # type: ignore[attr-defined]
        shared = {name for name, fixture in fixtures.items() if fixture.scope == "session" and fixture.baseid}
        first = sorted(f"{fixtures[name].baseid}::{name}" for name in shared if shared.isdisjoint(fixtures[name].argnames))
        item.add_marker(pytest.mark.xdist_group(first[0] if first else item.path.as_posix()))
        (sharing if first else alone).append(item)
    items[:] = sharing + alone


COMPANY = "company: {name: Test shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Settings]:
    """A project folder with an empty landing tree; `extra` goes into relance.yml."""

    def make(extra: str = "", name: str = "project") -> Settings:
        folder = tmp_path / name
        (folder / "landing").mkdir(parents=True, exist_ok=True)
        (folder / "relance.yml").write_text(COMPANY + extra, encoding="utf-8")
        return load_settings(folder)

    return make


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small demo shop after one run of the whole pipeline. Tests read it and leave it as it is."""
    from dagster_project.demo import write_demo
    from dagster_project.run import run_project

    folder = tmp_path_factory.mktemp("demo") / "shop"
    write_demo(folder, customers=400, events=12_000, seed=7)
    project = load_settings(folder)
    outcome = run_project(project, project.moment())
    assert outcome.succeeded, [check.name for check in outcome.summary.failed_checks]
    return project
