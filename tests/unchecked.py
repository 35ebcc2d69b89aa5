"""Exports without what costs more than all else: Great Expectations and flushing to disk. Tests of either see to them."""

from __future__ import annotations

import pytest

from dagster_project.activation import publish
from dagster_project.quality.gx import CheckResult


def leave_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("os.fsync", lambda _: None)
    patch.setattr(publish, "check_file", lambda con, path, *_: CheckResult(path.name, True))
