"""Which packages the pulls of a project need and which of them are missing, found out without connecting anywhere."""

from __future__ import annotations

from importlib.util import find_spec

from dagster_project.config_file import read_config_file
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

_PACKAGES = {
    "psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "mysql": "mysql-connector-python",
    "pysqlcipher3": "sqlcipher3",
}  # fmt: skip
"""Python module of a database driver → the package that holds it, where their names differ."""

_DIALECTS = {
    "snowflake": "snowflake-sqlalchemy", "bigquery": "sqlalchemy-bigquery", "redshift": "sqlalchemy-redshift",
    "databricks": "databricks-sqlalchemy", "clickhouse": "clickhouse-sqlalchemy", "clickhousedb": "clickhouse-connect",
    "duckdb": "duckdb-engine", "trino": "trino[sqlalchemy]",
}  # fmt: skip
"""Databases whose dialect SQLAlchemy does not bring itself (its manual: "External Dialects") → the package that does."""


def package_of(module: str) -> str:
    """What pip calls the package of a driver's module."""
    return _PACKAGES.get(module.split(".")[0], module.split(".")[0])


def missing_drivers(settings: Settings) -> list[RelanceError]:
    """What has to be installed before the pulls can run, one mistake per pull, at the line that asks for it."""
    if not settings.pulls:
        return []
    file = read_config_file(settings.config_path)
    lacks_dlt = find_spec("dlt") is None
    mistakes = []
    for (source, entity), pull in settings.pulls.items():
        here = ("sources", source, entity, "pull")
        if lacks_dlt:
            what = f"The pull of {source}.{entity} needs dlt, which is not installed"
            mistakes.append(RelanceError(what, file.where(here), "pip install 'relance[pull]'"))
        elif pull.sql_database is not None and (fault := _fault(pull.sql_database.url)):
            what, how = fault
            what = f"The pull of {source}.{entity} {what}"
            mistakes.append(RelanceError(what, file.where((*here, "sql_database", "url")), how))
    return mistakes


def _fault(url: str) -> tuple[str, str] | None:
    """What keeps SQLAlchemy from using a URL, and how to mend it. Its own messages may quote a password; they are not told."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        how = "write dialect+driver://user:${DB_PASSWORD}@host/database; in a password, %, @, / and : are %25, %40, %2F and %3A"
        return "has a URL that can't be read", how
    name = parsed.drivername
    try:
        dialect = parsed.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        package = _DIALECTS.get(name.split("+")[0])
        if package:
            return f"needs the package {package}, which is not installed", f"pip install '{package}'"
        if name.split("+")[0] == "postgres":
            return (
                "names a database `postgres`, which SQLAlchemy does not know",
                "write postgresql:// (did you mean `postgresql`?)",
            )
        return f"names a database or driver that SQLAlchemy does not know: `{name}`", "correct the beginning of the URL"
    except ImportError as error:
        package = package_of(error.name or name)
        return f"needs the driver {package} for {name}://, which is not installed", f"pip install '{package}'"
    if dialect.is_async:
        return f"names an asynchronous driver, {name}", "name another one, such as postgresql+psycopg or mysql+pymysql"
    return None
