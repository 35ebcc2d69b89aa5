# One row per row of the seeds in which people say who is one person and who is two, its identifiers as they stand
# in the warehouse.


def model(dbt, session):
    from dagster_project.identity.somebodys_word import hand_links

    dbt.config(materialized="table")
    return hand_links(dbt.ref("must_link"), dbt.ref("cannot_link"), dbt.source("control", "company"))
