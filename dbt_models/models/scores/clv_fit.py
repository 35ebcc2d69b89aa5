# One row: the parameters of customer value as of the last date at which a fit was due, and how far off it was on what it had
# not seen.


def model(dbt, session):
    from dagster_project.scores.clv_dbt import clv_fit

    dbt.config(materialized="table")
    terms = dbt.source("control", "scores").project("fit_date, clv_repeat_buyers")
    return clv_fit(session, dbt.ref("clv_training"), terms, dbt.this)
