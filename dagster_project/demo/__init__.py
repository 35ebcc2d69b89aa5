"""The demo shop: a seeded generator of a shop's raw files, with the mess of real life in them and the truth beside them."""

from dagster_project.demo.projects import init_project
from dagster_project.demo.writer import DemoSummary, write_demo

__all__ = ["DemoSummary", "init_project", "write_demo"]
