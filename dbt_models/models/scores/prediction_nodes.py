# One row per model, tree and node, where a model has trees: the feature it asks about (by its place among the model's) and the
# rank of a bin up to which the way goes left; a leaf has a value, in log-odds.


def model(dbt, session):
    from dagster_project.scores.predict.parameters import NODES, parameters

    dbt.config(materialized="table")
    return parameters(dbt.ref("prediction_fits"), "nodes", NODES)
