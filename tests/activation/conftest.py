from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from activation_shop import Shop

from tests.unchecked import leave_unchecked


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "project", ":memory:")
    yield shop
    shop.con.close()


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unchecked(monkeypatch)
