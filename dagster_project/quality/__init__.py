"""Checks of what was landed and of what is exported."""
