"""The lives of many people, lived once for all tests here."""

from __future__ import annotations

import pytest

from .lived import Lived, live

FEW = pytest.param((1_200, (0, 2)), id="1200")
MANY = pytest.param((10_000, (0, 1, 2)), id="10000", marks=pytest.mark.full)


@pytest.fixture(scope="session", params=[FEW, MANY])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """So many people over these runs. Tests read it and leave it as it is."""
    count, runs = request.param
    return live(tmp_path_factory.mktemp("no_harm") / "shop", seed=1, count=count, runs=runs)
