# One row per kind of conversion, period and channel: how many of the conversions would be lost without the channel.


def model(dbt, session):
    from dagster_project.measurement.markov import removal_table

    dbt.config(materialized="table")
    return removal_table(dbt.ref("channel_transitions"))
