# One row per number of orders and days since the first that some customer has: the orders of a year to expect of one who has
# not left.


def model(dbt, session):
    from dagster_project.scores.clv_dbt import clv_expectations

    dbt.config(materialized="table")
    pairs = dbt.ref("clv_customers").project("x, age_days").distinct()
    return clv_expectations(pairs, dbt.ref("clv_parameters").project("r, alpha, a, b"))
