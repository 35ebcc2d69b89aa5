"""Models as dbt builds them, without dbt: a hundred small worlds in the time that dbt takes for one.

Macros and models are the project's own files; what stands in for dbt is the little they use of it. Every relation goes by its
last name: ref('a') → a, source('s', 't') → t.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

DBT = Path(__file__).resolve().parents[2] / "dbt_models"
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+).*?endmacro\s*-?%}", re.DOTALL)


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Relation(str):
    """A relation's name, with the parts that macros ask for."""

    database, schema = "memory", "main"

    @property
    def identifier(self) -> str:
        return str(self)


class LightDbt:
    """Builds models in a DuckDB connection; incremental ones add to what is there."""

    con: duckdb.DuckDBPyConnection

    def __init__(self) -> None:
        self.full_refresh = False
        self.templates: dict[str, jinja2.Template] = {}
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        self.environment.globals.update(
            config=self._config, ref=lambda name: name, source=lambda _, name: name, var=lambda _, default=None: default,
            execute=True, is_incremental=self._is_incremental, run_query=self._run_query, load_relation=self._existing,
            adapter=SimpleNamespace(dispatch=self._dispatch, get_relation=lambda database, schema, name: self._existing(name)),
            api=SimpleNamespace(Relation=SimpleNamespace(create=lambda identifier, **_: _Relation(identifier))),
        )  # fmt: skip
        self.environment.globals["return"] = self._return
        for path in sorted((DBT / "macros").rglob("*.sql")):
            for found in _MACRO.finditer(path.read_text(encoding="utf-8")):
                self._add_macro(found[1], found[0])

    def build(self, con: duckdb.DuckDBPyConnection, *models: str, full_refresh: bool = False) -> None:
        """Build these models, in this order."""
        self.con, self.full_refresh = con, full_refresh
        for name in models:
            self.settings: dict[str, Any] = {"materialized": "table"}
            self.environment.globals["this"] = self.this = _Relation(name)
            path = next(path for path in (DBT / "models").glob(f"*/{name}.*") if path.suffix in (".sql", ".py"))
            if path.suffix == ".py":
                self._build_python(path)
                continue
            query = self._render(path.read_text(encoding="utf-8"))
            if self.settings["materialized"] == "view":
                self.con.execute(f"create or replace view {name} as {query}")
            elif self._is_incremental():
                self._add(name, query)
            else:
                self.con.execute(f"create or replace table {name} as {query}")
            if hook := self.settings.get("post_hook"):
                self.con.execute(self._render(hook))

    def _render(self, text: str) -> str:
        if text not in self.templates:
            self.templates[text] = self.environment.from_string(text)
        return self.templates[text].render()

    def _add(self, name: str, query: str) -> None:
        self.con.execute(f"create or replace temp table news as {query}")
        if key := self.settings.get("unique_key"):
            self.con.execute(f"delete from {name} where {key} in (select {key} from news)")
        self.con.execute(f"insert into {name} by name select * from news")

    def _build_python(self, path: Path) -> None:
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        dbt = SimpleNamespace(ref=self.con.table, source=self._source, this=self.this, config=self._config)
        made = module.model(dbt, self.con)
        self.con.register("made", made)
        self.con.execute(f"create or replace table {path.stem} as select * from made")
        self.con.unregister("made")

    def _source(self, _: str, name: str) -> duckdb.DuckDBPyRelation:
        return self.con.table(name)

    def _add_macro(self, name: str, text: str) -> None:
        template = self.environment.from_string(text)

        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return getattr(template.module, name)(*args, **kwargs)
            except _Return as found:
                return found.value

        self.environment.globals[name] = call

    def _dispatch(self, name: str) -> Any:
        return self.environment.globals[f"default__{name}"]

    def _config(self, **settings: Any) -> str:
        self.settings.update(settings)
        return ""

    def _is_incremental(self) -> bool:
        grows = self.settings["materialized"] == "incremental" and not (
            self.full_refresh and self.settings.get("full_refresh") is not False
        )
        return grows and self._existing(self.this) is not None

    def _existing(self, name: str) -> _Relation | None:
        found = self.con.execute("select count(*) from duckdb_tables() where table_name = ?", [str(name)]).fetchone()
        return _Relation(name) if found and found[0] else None

    def _run_query(self, query: str) -> Any:
        rows = self.con.execute(query).fetchall()
        return SimpleNamespace(rows=rows, columns=[SimpleNamespace(values=lambda: [row[0] for row in rows])])

    @staticmethod
    def _return(value: Any) -> None:
        raise _Return(value)


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple]) -> None:
    """Add rows to a table."""
    for row in rows:
        con.execute(f"insert into {table} values ({', '.join('?' * len(row))})", list(row))
