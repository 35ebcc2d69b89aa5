"""The command as a person types it, what a refusal looks like, and a project that knows its company alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagster_project.cli import main

COMPANY = "company: {name: Test shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"


def relance(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(result: Result, *expected: str) -> None:
    """Bad input: exit code 2, no traceback, and these texts in what is told."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    for text in expected:
        assert text in result.output, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    (tmp_path / "relance.yml").write_text(COMPANY)
    return tmp_path
