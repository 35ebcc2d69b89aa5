# Two rows per audience with a holdout (and `all`): what speaking to people brought, in conversions and in revenue per person,
# beside those who were spared.


def model(dbt, session):
    from dagster_project.measurement.lift import holdout_lift

    dbt.config(materialized="table")
    return holdout_lift(dbt.ref("holdout_groups"))
