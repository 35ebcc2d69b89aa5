"""Small demos that the tests of this room read."""

import pytest

from dagster_project.demo import DemoSummary, write_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """A demo of 400 customers in one shard."""
    return write_demo(tmp_path_factory.mktemp("demo"), customers=400, events=14_000, seed=3)
