"""A request that lands is carried out by the run that finds it, down to the platforms."""

from __future__ import annotations

import json
from datetime import datetime

from dagster_project.loads.books import unbalanced
from dagster_project.run import run_job
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse

WHO, PHONE = "person2@example.com", "33600000002"


def test_a_landed_request_is_carried_out(spoilable: Settings) -> None:
    """Erased in the tables and still on the platform's list, in an upload file kept for the record, or back with the next full
    refresh: each has happened to somebody.
    """
    with open_warehouse(spoilable, read_only=True) as con:
        (revenue,) = con.execute("select sum(net_total) from unified.orders").fetchone() or (0,)
        sent = con.execute("select count(*) from activation.ledger where operation = 'add'").fetchone()
        (profile,) = con.execute("select profile_id from identity.identifiers where identifier = ?", [WHO]).fetchone() or ("",)
        scored = con.execute("select count(*) from scores.history where profile_id = ?", [profile]).fetchone()
    assert sent and sent[0], "somebody must have been sent to a platform"
    assert scored and scored[0], "their scores must have been noted down"
    request = spoilable.landing_path / "generic" / "erasures" / "today.csv"
    request.parent.mkdir()
    request.write_text(f"identifier_type,identifier,requested_at\nemail,{WHO.upper()},2026-06-30T10:00:00Z\n")
    result = run_job(spoilable)
    assert result.success, (result.failures, result.failed_blocking_checks)
    assert result.assets["privacy/erasures"]["erased"] == 1
    removals = [path for path in spoilable.exports_path.rglob("remove.csv") if WHO in path.read_text()]
    assert removals, "the platform has to be told whom to remove, as it was sent"
    apart = {*removals, *(spoilable.state_path / "outbox").rglob("*")}
    for path in spoilable.base.rglob("*"):
        if path.is_file() and not path.is_relative_to(spoilable.landing_path) and path not in apart:
            content = path.read_bytes().lower()
            assert WHO.encode() not in content and PHONE.encode() not in content, path.name
    with open_warehouse(spoilable) as con:
        assert unbalanced(con) == []
        assert con.execute("select sum(net_total) from unified.orders").fetchone() == (revenue,)
        assert con.execute("select count(*) from unified.orders where order_id like 'o2-%' and email is null").fetchone() == (3,)
        assert con.execute("select requested_at from privacy.requests").fetchall() == [(datetime(2026, 6, 30, 10),)]
        kinds = con.execute("select operation, reason from activation.ledger where starts_with(profile_id, 'erased-')").fetchall()
        assert ("remove", "erased") in kinds
        names = "select 1 from scores.history where $1 in (profile_id, old_profile_id)"
        assert con.execute(names, [profile]).fetchall() == []
        newest = "row_number() over (partition by profile_id, kind order by position desc) = 1"
        stands = f"select value from scores.history where starts_with(profile_id, 'erased-') qualify {newest}"
        assert set(con.execute(stands).fetchall()) == {(None,)}, "whom nobody knows has no score"
    (certificate,) = (spoilable.base / "certificates").glob("*.json")
    assert json.loads(certificate.read_text())["removals_waiting"] == {"brevo": 1}
