"""Dagster's own storage for one project: its runs, checks and schedules, in the project's private state.

A run of the terminal and the web UI share it, so past runs can be looked at. Dagster's stock SQLite event storage builds a
new database engine for each statement and waits for the disk at each event: 600 results took 22 s; with the engines kept
and the write-ahead log synchronised by SQLite's own rule, 5 s.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

POOL = "warehouse"
"""Concurrency pool of everything that writes to the warehouse: one run at a time."""

LOCATION = "relance"

_OPEN_SHARDS = 8
_BUSY_SECONDS = 15


class ProjectEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log with one kept connection per database (one database per run, one index)."""

    supports_asset_checks = True  # its tables are made with it: Dagster would look for them at each event

    def __init__(self, *args: Any, **kwargs: Any):
        self._engines: OrderedDict[str, Any] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> ProjectEventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Any]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Any:
        import sqlalchemy

        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        while len(self._engines) >= _OPEN_SHARDS:
            self._engines.popitem(last=False)[1].dispose()
        engine = sqlalchemy.create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": _BUSY_SECONDS}, pool_size=1)
        # The write-ahead log survives a killed process; only a power cut can cost its last events.
        sqlalchemy.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous = normal"))
        self._engines[shard] = engine
        return engine

    def has_table(self, table_name: str) -> bool:
        """A table that is there stays: Dagster asks at each event."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def prepare_home(settings: Settings) -> Path:
    """Dagster's home of the project, with its dagster.yaml and the workspace.yaml that the web UI starts from."""
    home = settings.state_path / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    config = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "event_log_storage": {
            "module": __name__, "class": ProjectEventLog.__name__, "config": {"base_dir": str(home / "history" / "runs")},
        },
        # Steps print nothing; to capture it, Dagster would start two helper processes each, which cry out when Ctrl+C is pressed.
        "compute_logs": {"module": NoOpComputeLogManager.__module__, "class": NoOpComputeLogManager.__name__},
        "python_logs": {"python_log_level": "INFO"},  # not a line on the terminal for each of a thousand events
        "concurrency": {"pools": {"granularity": "run", "default_limit": 1}},
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 300, "max_resume_run_attempts": 0},
        "retention": {
            "sensor": {"purge_after_days": {"skipped": 7, "failure": 30, "success": 90}},
            "schedule": {"purge_after_days": 90},
        },
    }  # fmt: skip
    module = {"python_module": {"module_name": "dagster_project.definitions", "location_name": LOCATION}}
    for name, content in (("dagster.yaml", config), ("workspace.yaml", {"load_from": [module]})):
        path, text = home / name, yaml.safe_dump(content, sort_keys=False)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return home


@contextmanager
def open_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """The project's Dagster instance for a run in this process, released on every exit."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(prepare_home(settings))) as instance:
        yield instance
