"""The dbt model scores.prediction_fits, which is Python: what it reads, what it remembers, and when it has nothing to do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.scores.predict.denied import Denied
from dagster_project.scores.predict.fit import fit_model
from dagster_project.scores.predict.parameters import bins_of, nodes_of
from dagster_project.scores.predict.rules import SAID

MODELS = {"lead_converts": "lead_days", "customer_buys": "buy_days", "customer_churns": "churn_days"}
"""Model → the setting that says within how many days it happens."""

SCHEMA = pa.schema(
    [
        ("model", pa.string()), ("ground", pa.string()), ("fit_at", pa.timestamp("us")), ("days", pa.int64()),
        ("method", pa.string()), ("method_reason", pa.string()), ("intercept", pa.float64()),
        ("bins", pa.string()), ("nodes", pa.string()), ("bands", pa.string()), ("calibration", pa.string()),
        ("card", pa.string()),
    ]
)  # fmt: skip
"""One row per model; bins, nodes, bands and calibration are JSON lists of objects, card is a JSON object."""


def fitted_models(
    session: Any,
    examples: duckdb.DuckDBPyRelation,
    features: duckdb.DuckDBPyRelation,
    denied: duckdb.DuckDBPyRelation,
    forbidden: duckdb.DuckDBPyRelation,
    settings: duckdb.DuckDBPyRelation,
    before: str,
) -> pa.Table:
    """The fits of all models, each made anew only if what it stands on has changed.

    Args:
        session: the DuckDB connection that builds the model.
        examples, features: scores.prediction_examples and scores.training_features.
        denied, forbidden: the seed denied_features and control.scoring_forbidden: pattern, reason.
        settings: control.scores.
        before: name of the table that an earlier run left, if one did.

    Returns:
        A table of SCHEMA.
    """
    row = dict(zip(settings.columns, settings.fetchone() or (), strict=True))
    rules = sorted([*denied.project("pattern, reason").fetchall(), *forbidden.project("pattern, reason").fetchall()])
    known = _known(session, before)
    rows = []
    for model, days in MODELS.items():
        terms = (model, row["fit_at"], row[days], row["features"], rules)
        ground = _ground(examples, features, model, terms)
        if model in known and known[model]["ground"] == ground:
            rows.append(known[model])
            continue
        rows.append(
            {"model": model, "ground": ground, "fit_at": row["fit_at"], "days": row[days]} | _fitted(examples, features, *terms)
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _known(session: Any, before: str) -> dict[str, dict[str, Any]]:
    try:
        found = session.execute(f"select * from {before}").to_arrow_table()
    except duckdb.CatalogException:
        return {}
    return {row["model"]: row for row in found.to_pylist()} if set(SCHEMA.names) <= set(found.column_names) else {}


def _ground(examples: duckdb.DuckDBPyRelation, features: duckdb.DuckDBPyRelation, model: str, terms: Any) -> str:
    """A hash of all that decides a fit: the examples and what is known of them in whatever order, the terms, and the code.
    What people are called does not."""
    chosen = examples.filter(f"model = '{model}'").project("example, moment, is_new, outcome, weight, fold")
    rows = chosen.query(
        "chosen",
        f"""select count(*), sum(hash(chosen))::varchar, (
            select sum(hash(features))::varchar from ({features.sql_query()}) as features
            where example in (select example from chosen)
        ) from chosen""",
    ).fetchone()
    digest = hashlib.sha256(repr((rows, terms, version("scikit-learn"))).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _fitted(
    examples: duckdb.DuckDBPyRelation,
    features: duckdb.DuckDBPyRelation,
    model: str,
    fit_at: Any,
    days: int,
    wanted: Any,
    rules: Any,
) -> dict[str, Any]:
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import threadpool_limits

    from dagster_project.scores.predict.examples import read_examples

    read = read_examples(examples, features, model)
    # Sums of floats depend on how many threads share them, and with them the last digit of a parameter; and threads that wait for
    # each other while dbt has the processors were seen to take several times as long. Only libraries that are there are limited.
    with threadpool_limits(1):
        fit = fit_model(model, read, days, Denied(rules), wanted)
    moments = sorted(read.moments.tolist())
    card = {
        "examples": len(read),
        "stands_for": round(float(read.weights.sum())),
        "events": int(read.outcomes.sum()),
        "event_rate": round(float((read.outcomes * read.weights).sum() / read.weights.sum()), 6) if moments else None,
        "first_moment": str(moments[0]) if moments else None,
        "last_moment": str(moments[-1]) if moments else None,
        "rules": SAID[model],
        "features": len(fit.bins),
        "left_out": fit.left_out,
        **{
            judged: {name: None if figure is None else round(figure, 6) for name, figure in asdict(figures).items()}
            for judged in (
                "random",
                "time",
                "all_random",
                "rules_time",
                "logistic_random",
                "logistic_time",
                "boosting_random",
                "boosting_time",
            )
            if (figures := getattr(fit, judged)) is not None
        },
    }
    return {
        "method": fit.method,
        "method_reason": fit.reason,
        "intercept": fit.intercept,
        "bins": json.dumps(bins_of(fit)),
        "nodes": json.dumps(nodes_of(fit)),
        "bands": json.dumps([{"band": band, "upto": upto, "share": share} for band, (upto, share) in enumerate(fit.bands)]),
        "calibration": json.dumps(
            [
                {"tenth": place} | {name: round(figure, 6) for name, figure in asdict(tenth).items()}
                for place, tenth in enumerate(fit.calibration, 1)
            ]
        ),
        "card": json.dumps(card),
    }
