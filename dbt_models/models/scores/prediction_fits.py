# One row per model of a probability: how it was fitted as of the last date on which that was due, and what it says. Fitted anew
# only when what it learns from has changed.


def model(dbt, session):
    from dagster_project.scores.predict.dbt_model import fitted_models

    dbt.config(materialized="table")
    return fitted_models(
        session,
        dbt.ref("prediction_examples"),
        dbt.ref("training_features"),
        dbt.ref("denied_features"),
        dbt.source("control", "scoring_forbidden"),
        dbt.source("control", "scores"),
        str(dbt.this),
    )
