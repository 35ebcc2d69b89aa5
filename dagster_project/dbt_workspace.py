"""The dbt project of one Relance project: the shipped models and the company's own, laid over each other.

dbt wants all its files in one folder, and a company must not have to fork the repository to add an audience or change a
seed. So each project has a generated folder of links in its private state: shipped files, with the company's own beside
them or, where the name is the same, in their place.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dagster_project.activation.feeds import feed_model_files
from dagster_project.audiences import load_audiences
from dagster_project.config_file import several
from dagster_project.errors import RelanceError
from dagster_project.identity.somebodys_word import wrong_links
from dagster_project.loads.agents import wrong_patterns
from dagster_project.loads.discover import feeds
from dagster_project.measurement.channel_seeds import wrong_channel_seeds
from dagster_project.scores.customer_weights import wrong_customer_weights
from dagster_project.scores.lead_policy import forbidden_lead_rules
from dagster_project.scores.lead_rules import wrong_lead_rules
from dagster_project.scores.predict.denied import wrong_features
from dagster_project.scores.prequalification import wrong_prequalification
from dagster_project.scores.rfm_check import wrong_rfm
from dagster_project.seed_rows import unreadable_rows
from dagster_project.settings import SHIPPED, Settings
from dagster_project.spark.session import spark_options
from dagster_project.warehouse import duckdb_options, opening_options
from dagster_project.working_days import wrong_closed_days

DBT = SHIPPED / "dbt_models"
ROOMS = ("unified", "identity", "profiles", "scores", "audiences", "feeds", "privacy", "measurement")
"""Folders of models, each with a schema of its name; staging, which is views, apart."""
AUDIENCES = DBT / "models" / "audiences"


@dataclass(frozen=True)
class Workspace:
    """Where dbt runs. Variables stand in the generated dbt_project.yml: `--vars` would cost a parse at each change."""

    project_dir: Path
    target_dir: Path

    @property
    def profiles_dir(self) -> Path:
        return self.project_dir

    @property
    def manifest_path(self) -> Path:
        return self.target_dir / "manifest.json"


def prepare_workspace(settings: Settings) -> Workspace:
    """Bring the project's dbt folder up to date; files that need no change keep their time, so dbt's kept parse holds.

    Raises:
        RelanceError: an audience's YAML or model, or a seed of the company, is wrong.
    """
    if mistakes := wrong_seeds(settings):
        raise several(mistakes)
    root = settings.state_path / "dbt"
    workspace = Workspace(root, root / "target")
    # File by file: dbt does not look into linked folders. Audiences come below, by what their YAML says.
    links = {
        root / file.relative_to(DBT): file
        for folder in ("models", "macros", "tests")
        for file in (DBT / folder).rglob("*.*")
        if file.suffix in {".sql", ".py", ".yml"} and not (file.is_relative_to(AUDIENCES) and file.parent != AUDIENCES)
    }
    for audience in load_audiences(settings):
        for file in (audience.model_path, audience.yaml_path):
            links[root / "models" / "audiences" / audience.spec.kind / file.name] = file
    for files in feed_model_files(settings).values():
        for file in files:
            links[root / "models" / "feeds" / file.name] = file
    for folder in settings.folders("seeds"):
        for file in (*folder.glob("*.csv"), *folder.glob("*.yml")):
            links[root / "seeds" / file.name] = file
    _lay(root, links)
    _write(root / "dbt_project.yml", _project(settings))
    _write(root / "profiles.yml", _profile(settings))
    return workspace


def wrong_seeds(settings: Settings) -> list[RelanceError]:
    """Seeds of the company that stand in for a shipped one and lack a column of it, or hold what can't be read: models would fail
    far from the cause."""
    mistakes = []
    for path in sorted((settings.base / "seeds").glob("*.csv")):
        shipped = SHIPPED / "seeds" / path.name
        missing = [name for name in _header(shipped) if name not in _header(path)] if shipped.exists() else []
        if missing:
            what = f"The seed lacks {'columns' if len(missing) > 1 else 'the column'} {', '.join(missing)}"
            mistakes.append(RelanceError(what, f"{path}:1", "add to the header and the rows"))
    if mistakes:
        return mistakes
    mistakes = [
        *wrong_patterns(settings),
        *wrong_links(settings),
        *wrong_rfm(settings),
        *wrong_lead_rules(settings),
        *forbidden_lead_rules(settings),
        *wrong_prequalification(settings),
        *wrong_customer_weights(settings),
        *wrong_features(settings),
        *wrong_closed_days(settings),
        *wrong_channel_seeds(settings),
    ]
    return mistakes or unreadable_rows(settings)


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        return next(csv.reader(file), [])


def _project(settings: Settings) -> dict[str, Any]:
    audiences: dict[str, list[str]] = {"retargeting": [], "remarketing": [], "suppression": []}
    for audience in load_audiences(settings):
        audiences[audience.spec.kind].append(audience.name)
    return {
        "name": "relance",
        "version": "1.0.0",
        "config-version": 2,
        "profile": "relance",
        "model-paths": ["models"],
        "macro-paths": ["macros"],
        "seed-paths": ["seeds"],
        "test-paths": ["tests"],
        "flags": {"send_anonymous_usage_stats": False, "use_colors": False, "partial_parse": True},
        "vars": {
            "feeds": feeds(settings),
            "audiences": audiences,
            "order_precedence": settings.order_precedence,
            "exact_rules": settings.identity.exact_rules,
        },
        "models": {
            "relance": {
                "+materialized": "table",
                "staging": {"+materialized": "view", "+schema": "staging"},
                **{room: {"+schema": room} for room in ROOMS},
            }
        },
        # Made anew each time: a seed that has gained a column would not fit into the table of before.
        "seeds": {"relance": {"+schema": "seeds", "+full_refresh": True}},
    }


def _profile(settings: Settings) -> dict[str, Any]:
    threads = settings.warehouse.threads or min(os.cpu_count() or 1, 4)
    if settings.warehouse.engine == "spark":
        options = spark_options(settings)
        output = {
            "type": "spark",
            "method": "session",
            "host": "none",
            "schema": "default",
            "threads": threads,
            "server_side_parameters": options,
        }
        return {"relance": {"target": "spark", "outputs": {"spark": output}}}
    options = duckdb_options(settings)
    output = {
        "type": "duckdb",
        "path": str(settings.warehouse_path),
        "threads": threads,
        # Opening the file for every model would cost a fifth of the time; whoever runs dbt closes it afterwards.
        "keep_open": True,
        "retries": {"connect_attempts": 3, "retryable_exceptions": ["IOException"]},
        "config_options": opening_options(settings),
        # Which row of a table comes first means nothing to a model; to keep them in order takes memory and time.
        "settings": {name: value for name, value in options.items() if name != "threads"} | {"preserve_insertion_order": "false"},
    }
    return {"relance": {"target": "duckdb", "outputs": {"duckdb": output}}}


def _lay(root: Path, links: dict[Path, Path]) -> None:
    """Make exactly these links below models/, macros/, tests/ and seeds/."""
    for folder in ("models", "macros", "seeds", "tests"):
        for path in sorted((root / folder).rglob("*"), reverse=True) if (root / folder).is_dir() else []:
            if path.is_symlink() and (path not in links or Path(os.readlink(path)) != links[path]):
                path.unlink()
    for path, target in links.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_symlink() and target.exists():
            path.symlink_to(target)


def _write(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
