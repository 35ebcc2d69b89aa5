"""Opening the warehouse."""

from __future__ import annotations

from pathlib import Path

from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse


def test_a_session_opens_after_another_has_spilled(tmp_path: Path) -> None:
    """On much data, the models after the first that outgrows its memory would all fail: DuckDB refuses to be told its temporary
    directory once that is in use."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "relance.yml").write_text("company: {name: A, currency: EUR, timezone: Europe/Paris, country: FR}\n")
    settings = load_settings(tmp_path)
    with open_warehouse(settings) as con:
        con.execute("set memory_limit = '60MB'; set threads = 1")
        con.execute("create temp table much as select md5(range::varchar) as text from range(3_000_000) order by text")
        assert any((settings.state_path / "tmp").iterdir())
        with open_warehouse(settings) as other:
            assert other.execute("select 1").fetchone() == (1,)
