"""The one way to run Great Expectations: a pandas batch, an ephemeral context, nothing written, nobody called home.

Great Expectations takes seconds to import, so this module imports it only when a check runs, and so should whoever builds
expectations: `from dagster_project.quality.gx import expectations`, then `expectations().ExpectColumnValuesToNotBeNull(…)`.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One expectation and how it went; never the values that failed it."""

    expectation: str
    column: str | None
    passed: bool
    failures: int | None = None
    """Rows that failed, where rows were counted."""
    observed: str | None = None
    """What a table-wide expectation saw (a row count, a list of columns)."""


@dataclass(frozen=True)
class CheckResult:
    name: str
    passed: bool
    findings: list[Finding] = field(default_factory=list)

    def failed(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.passed]

    def summary(self) -> str:
        """One line for people: what failed, how often."""
        if self.passed:
            return f"{len(self.findings)} expectations held"
        parts = []
        for finding in self.failed():
            on = f" on {finding.column}" if finding.column else ""
            seen = (
                f" ({finding.failures} rows)" if finding.failures else f" (found {finding.observed})" if finding.observed else ""
            )
            parts.append(f"{finding.expectation}{on}{seen}")
        return "; ".join(parts)


def expectations() -> ModuleType:
    """`great_expectations.expectations`, imported with telemetry off."""
    return _library().expectations


def validate_frame(df: Any, expectations: list[Any], suite_name: str) -> CheckResult:
    """Check a pandas DataFrame against GX expectations.

    Returns:
        Plain results without any value of the frame. An expectation that can't be evaluated (a missing column) has failed.
    """
    suite = _library().ExpectationSuite(name=suite_name, expectations=expectations)
    batch = _frames().get_batch({"dataframe": df})
    outcome = batch.validate(suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    findings = [_finding(result) for result in outcome.results]
    return CheckResult(suite_name, bool(outcome.success) and all(finding.passed for finding in findings), findings)


@functools.cache
def _frames() -> Any:
    """What makes a batch of a DataFrame. One for the process: a context costs more than a small validation."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = _library().get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context.data_sources.add_pandas("frames").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _library() -> ModuleType:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def _finding(result: Any) -> Finding:
    config, seen = result.expectation_config, result.result or {}
    name = str(config.type).removeprefix("expect_")
    column = config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list") or []) or None
    table_wide = name.startswith("table_")
    observed = str(seen["observed_value"]) if table_wide and seen.get("observed_value") is not None else None
    return Finding(name, None if table_wide else column, bool(result.success), seen.get("unexpected_count"), observed)
