"""Dagster's view of the pipeline: one thin module per room. The work itself stands in the rooms and knows no Dagster."""
