"""What was sent before: upload files forget the person at once, the keys only when the platform has taken the removal."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.activation.outbox import outbox_file, write_outbox
from dagster_project.activation.reconcile import is_whole
from dagster_project.activation.tables import create_tables
from dagster_project.privacy.exports import drop_taken_keys
from dagster_project.privacy.salt import read_salt, set_salt
from dagster_project.privacy.tombstones import in_warehouse
from dagster_project.warehouse import open_warehouse

from .conftest import EMAIL, Company

RUN, PLACE = "run1", "brevo/brevo_win_back/20260301T060000Z/run1"
HERS, HIS = hashlib.sha256(EMAIL.encode()).hexdigest(), hashlib.sha256(b"bob@example.com").hexdigest()


def export(company: Company, header: bool = True, activation: str = "brevo_win_back", **told_besides: bool) -> Path:
    """An export of two people, one of them hers by hashed keys alone, as a run leaves it."""
    folder = company.settings.exports_path / PLACE.replace("brevo_win_back", activation)
    folder.mkdir(parents=True)
    rows = [[HERS, "FR", "say hi, ok"], [HIS, "FR", "two\nlines"]]
    with (folder / "add.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["EMAIL", "COUNTRY", "NOTE"]] * header + rows)
    content = (folder / "add.csv").read_bytes()
    entry = {
        "name": "add.csv",
        "operation": "add",
        "rows": 2,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    manifest = {"activation": activation, "destination": "brevo", "run_id": RUN, "rows": 2}
    manifest |= {"header": header, "delimiter": ",", **told_besides}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": [entry | {"columns": ["EMAIL", "COUNTRY", "NOTE"]}]}))
    with open_warehouse(company.settings) as con:
        create_tables(con)
        sent = [("p-ann", "key-ann", HERS), ("p-bob", "key-bob", HIS)]
        told = " union all ".join(
            f"""select 'add' as operation, 'new' as reason, '{profile}' as profile_id, '{key}' as match_keys_sha256,
                'a' as attributes_sha256, '{PLACE}/add.csv' as file, '{email}' as email, 'FR' as country"""
            for profile, key, email in sent
        )
        write_outbox(con, outbox_file(company.settings, activation, RUN), told)
        for number, (profile, key, _) in enumerate(sent, 1):
            con.execute(
                f"""insert into activation.ledger by name select $1 as sequence, '{activation}' as activation,
                    'brevo' as destination, 'win_back' as audience, $2 as profile_id, 'add' as operation, 'new' as reason,
                    $3 as match_keys_sha256, 'a' as attributes_sha256, 'run1' as run_id, timestamp '2026-03-01' as as_of,
                    timestamp '2026-03-01' as exported_at, $4 as file""",
                [number, profile, key, f"{PLACE}/add.csv"],
            )
            con.execute(
                """insert into activation.messages by name select 'cart_recovery' as sequence, 'reminder' as step, 1 as position,
                    'email' as channel, 'cart_recovery' as kind, 'cart_abandoners' as audience, 'brevo' as destination,
                    $1 as profile_id, timestamp '2026-03-01' as started_at, timestamp '2026-03-01' as due_at,
                    timestamp '2026-03-01' as sent_at, 'run1' as run_id, timestamp '2026-03-01' as exported_at, $2 as file""",
                [profile, f"{PLACE}/add.csv"],
            )
    return folder


def outbox(company: Company) -> list[tuple]:
    path = outbox_file(company.settings, "brevo_win_back", RUN)
    return duckdb.sql(f"select profile_id, match_keys_sha256, email from read_parquet('{path}') order by 3").fetchall()


def test_a_file_without_a_header_forgets_its_first_row_too(company: Company) -> None:
    """Where the first line is a person, taking it for a header would keep her."""
    folder = export(company, header=False)
    company.forget()
    assert HERS not in (folder / "add.csv").read_text() and HIS in (folder / "add.csv").read_text()
    assert is_whole(folder) and json.loads((folder / "manifest.json").read_text())["files"][0]["rows"] == 1


def test_retained_files_forget_and_the_outbox_remembers(company: Company) -> None:
    """A file kept for the record is loaded again by somebody one day; without the sent keys, no removal could name the person."""
    folder = export(company)
    certificate, *_ = company.forget()
    assert HERS not in (folder / "add.csv").read_text() and HIS in (folder / "add.csv").read_text()
    assert "two\nlines" in (folder / "add.csv").read_text(), "the rows that stay are as they were"
    assert is_whole(folder) and json.loads((folder / "manifest.json").read_text())["rows_erased"] == 1
    assert (folder / "add.csv").stat().st_mode & 0o777 == 0o600
    (name,) = [profile for profile, key, email in outbox(company) if email == HERS]
    assert name.startswith("erased-")
    assert company.rows("select profile_id from activation.ledger where match_keys_sha256 = 'key-ann'") == [(name,)]
    assert company.rows("select profile_id from activation.messages order by 1") == [(name,), ("p-bob",)]
    told = json.loads(certificate.with_suffix(".json").read_text())
    assert told["removals_waiting"] == {"brevo": 1} and told["files_rewritten"][f"exports/{PLACE}/add.csv"] == 1


def test_sent_keys_go_when_the_removal_is_taken(company: Company) -> None:
    """Kept for ever, the private outbox would be the place where erased people live on."""
    export(company)
    company.forget()
    with open_warehouse(company.settings) as con:
        set_salt(con, read_salt(company.settings, {stone.salt_id for stone in in_warehouse(con)}))
        assert drop_taken_keys(con, company.settings, datetime(2026, 3, 2)) == 0, "nobody has acknowledged anything"
        con.execute(
            """insert into activation.ledger by name select 3 as sequence, * replace ('remove' as operation)
            from (select * exclude (sequence, acknowledged_at), timestamp '2026-03-02' as acknowledged_at from activation.ledger
                where match_keys_sha256 = 'key-ann')"""
        )
        assert drop_taken_keys(con, company.settings, datetime(2026, 3, 3)) == 1
        assert con.execute("select count(*) from activation.ledger where match_keys_sha256 = 'key-ann'").fetchone() == (0,)
        assert drop_taken_keys(con, company.settings, datetime(2026, 3, 3)) == 0
    assert [email for _, _, email in outbox(company)] == [HIS]


def test_sent_keys_go_when_their_time_is_over(company: Company) -> None:
    """A platform that never acknowledges must not keep the keys here for ever."""
    export(company)
    company.forget()
    with open_warehouse(company.settings) as con:
        set_salt(con, read_salt(company.settings, {stone.salt_id for stone in in_warehouse(con)}))
        assert drop_taken_keys(con, company.settings, datetime(2026, 5, 29)) == 0
        assert drop_taken_keys(con, company.settings, datetime(2026, 6, 1)) == 1
    assert [email for _, _, email in outbox(company)] == [HIS]


def test_a_refusal_stays_until_the_tool_has_taken_it(company: Company) -> None:
    """Whoever says no and asks to go on the same day is written to for ever, if the file that says so forgets them first."""
    folder = export(company, activation="brevo_opt_outs", refusals=True)
    certificate, *_ = company.forget()
    assert HERS in (folder / "add.csv").read_text()
    assert json.loads(certificate.with_suffix(".json").read_text())["removals_waiting"] == {}, "no remove.csv will name her"
    with open_warehouse(company.settings) as con:
        set_salt(con, read_salt(company.settings, {stone.salt_id for stone in in_warehouse(con)}))
        assert drop_taken_keys(con, company.settings, datetime(2026, 3, 2)) == 0
        con.execute("update activation.ledger set acknowledged_at = timestamp '2026-03-02'")
        assert drop_taken_keys(con, company.settings, datetime(2026, 3, 3)) == 1
    assert HERS not in (folder / "add.csv").read_text() and HIS in (folder / "add.csv").read_text() and is_whole(folder)
