# One row per identifier of a component that holds two people by somebody's word: the piece of it that the identifier belongs to.


def model(dbt, session):
    from dagster_project.identity.separate import separated

    dbt.config(materialized="table", schema="graph")
    return separated(dbt.ref("judged_links"), dbt.ref("strong_components"), dbt.ref("forbidden_pairs"))
