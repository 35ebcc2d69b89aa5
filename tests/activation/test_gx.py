"""The one door to Great Expectations: plain results, no values of the data in them."""

from __future__ import annotations

import os

import pandas as pd

from dagster_project.quality.gx import expectations, validate_frame


def test_failures_are_counted_and_never_quoted() -> None:
    """Check results are shown in Dagster: a failing value there is a customer's address on a screen."""
    gxe = expectations()
    frame = pd.DataFrame({"email": ["ann@example.com", "not an address", None]})
    suite = [gxe.ExpectColumnValuesToMatchRegex(column="email", regex="@"), gxe.ExpectTableRowCountToEqual(value=4)]
    result = validate_frame(frame, suite, "contacts")
    assert (result.name, result.passed) == ("contacts", False)
    assert [(finding.column, finding.passed, finding.failures, finding.observed) for finding in result.findings] == [
        ("email", False, 1, None),
        (None, False, None, "3"),
    ]
    assert "address" not in repr(result)
    assert result.summary() == "column_values_to_match_regex on email (1 rows); table_row_count_to_equal (found 3)"


def test_each_frame_is_judged_by_itself() -> None:
    """A context kept for the process must not answer for an earlier frame; a missing column is a failure, not a crash."""
    gxe = expectations()
    suite = [gxe.ExpectColumnValuesToNotBeNull(column="a")]
    frames = [{"a": [1]}, {"a": [None]}, {"b": [1]}, {"a": [2]}]
    outcomes = [validate_frame(pd.DataFrame(frame), suite, "same") for frame in frames]
    assert [outcome.passed for outcome in outcomes] == [True, False, False, True]


def test_telemetry_is_off() -> None:
    """A company's customer data tool calls home to nobody."""
    expectations()
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
