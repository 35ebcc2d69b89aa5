# One row per two contacts that are probably one person: linked, or listed for a person to review. Empty unless turned on.


def model(dbt, session):
    from dagster_project.identity.dbt_model import probable_pairs

    dbt.config(materialized="table")
    return probable_pairs(session, dbt.ref("comparable_contacts"), dbt.source("control", "company"), str(dbt.this))
