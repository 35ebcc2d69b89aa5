"""Erasure, the tombstones that hold it, certificates, and how long people are kept. Imports no Dagster."""
