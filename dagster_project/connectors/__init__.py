"""Connectors: files that lie in an object store, and rows that are pulled from an API or a database into the landing folder."""
