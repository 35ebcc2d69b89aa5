# One row per model, feature and bin: what a value counts for, in log-odds. `typical` is what the feature counts for on average.


def model(dbt, session):
    from dagster_project.scores.predict.parameters import BINS, parameters

    dbt.config(materialized="table")
    return parameters(dbt.ref("prediction_fits"), "bins", BINS)
