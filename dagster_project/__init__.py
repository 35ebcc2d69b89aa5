"""Relance: a composable customer data platform that runs as a batch pipeline."""
