"""Sequences against the demo's truth: whose turn it is, with which message, when; and what is known of suppliers by the calls."""

from __future__ import annotations

import duckdb
import pytest

SEQUENCES = [
    "cart_recovery", "customer_event_no_show", "customer_event_reminder", "customer_event_thanks", "customer_reactivation",
    "open_day_no_show", "open_day_reminder", "open_day_thanks", "review_request", "sales_cadence",
]  # fmt: skip

MAY_BE_SPOKEN_TO = """
    select sequence, profile_id
    from w.audiences.members join w.control.sequences using (audience)
    join w.control.sequence_purposes using (sequence) join w.profiles.consents using (profile_id, purpose)
    where not holdout and not is_of_both and status = 'granted'
    except
    select sequence, profile_id
    from w.control.sequences join w.control.audience_suppressions as kept_out using (audience)
    join w.audiences.members on members.audience = kept_out.suppression
    where coalesce(kept_out.channel, sequences.channel) = sequences.channel"""
"""Members of each sequence's audience whom nothing else keeps out, by tables that other tests hold against the truth. Each of
these sequences asks for one purpose."""


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_the_next_message_is_that_of_the_truth(beside: duckdb.DuckDBPyConnection, sequence: str) -> None:
    """A message to the wrong person or of the wrong step, an hour early; or somebody whom nobody ever writes to."""
    found = """select truth_person_id, step, due_at,
            coalesce(waits_for, '') in ('channel', 'overall', 'complaint', 'purchase', 'audience')
        from w.audiences.messages_due join whole using (profile_id) join people using (truth_person_id)
        where sequence = ? and stop_reason is null and people.kind in ('customer', 'prospect')"""
    truth = f"""select truth_person_id, step, due_at
        from messages join whole using (truth_person_id) join people using (truth_person_id)
        join ({MAY_BE_SPOKEN_TO}) as may using (sequence, profile_id)
        where sequence = ? and people.kind in ('customer', 'prospect')"""
    expected = {(person, step): at for person, step, at in beside.execute(truth, [sequence]).fetchall()}
    told = {(person, step): (at, is_capped) for person, step, at, is_capped in beside.execute(found, [sequence]).fetchall()}
    assert told.keys() == expected.keys()
    assert expected
    for who, (at, is_capped) in told.items():
        assert at > expected[who] if is_capped else at == expected[who]


def test_what_is_due_has_been_written(beside: duckdb.DuckDBPyConnection) -> None:
    """A message that is due and never leaves would keep all others from the person, hour after hour."""
    due = "select sequence, step, profile_id from w.audiences.messages_due where is_due"
    written = "select sequence, step, profile_id from w.activation.messages"
    found, expected = (set(beside.execute(query).fetchall()) for query in (written, due))
    assert found == expected
    assert expected
