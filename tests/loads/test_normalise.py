"""Identifiers in the form they are matched by."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dagster_project.loads.normalise import normalise_email, normalise_identifiers, normalise_phone, plain_email_sql

from .landing import Project


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (" Anna.Smith+news@Example.COM ", "anna.smith+news@example.com"),
        ("zoë@bücher.example.com", "zoë@bücher.example.com"),
        ("a@xn--bcher-kva.com", "a@bücher.com"),
        ("no-at-sign", None),
        ("a@b", None),
        ("a..b@example.com", None),
        ("someone@shop.test", None),
        ("Anna <anna@example.com>", None),
    ],
)
def test_emails(raw: str, value: str | None) -> None:
    """Two spellings of one address would be two people; a non-address would join strangers."""
    found, reason = normalise_email(raw)
    assert found == value and (reason is None) == (value is not None)


@pytest.mark.parametrize(
    ("raw", "region", "value"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "US", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("33612345678", "FR", "+33612345678"),
        ("612345678.0", "ES", "+34612345678"),
        ("020 7946 0018", "UK", "+442079460018"),
        ("06 12 34 56 78", "ZZ", "+33612345678"),
        ("(212) 736-5000 ext. 12", "US", "+12127365000"),
        ("12345", "FR", None),
        ("+33 0", "FR", None),
        ("n/a", "FR", None),
        ("", "FR", None),
    ],
)
def test_phones(raw: str, region: str, value: str | None) -> None:
    """A number in national form is another number in another country; a short code belongs to nobody."""
    found, reason = normalise_phone(raw, region, "FR")
    assert found == value and (reason is None) == (value is not None)


DUCKDB = duckdb.connect()
ATOMS = st.text("aZ09.-_+@'!ßKı ", max_size=12)


@settings(max_examples=400)
@given(
    local=ATOMS,
    domain=ATOMS,
    ending=st.sampled_from(["com", "COM", "co.uk", "test", "local", "c1", "x", "-a", "invalid", "example", ""]),
)
@example(local="a" * 64, domain="b" * 63, ending="com")
@example(local="a" * 65, domain="b", ending="com")
@example(local="a", domain="b" * 64, ending="com")
@example(local="a", domain=".".join(["b" * 60] * 4), ending="com")
@example(local="a", domain="ab--c", ending="com")
@example(local="K", domain="shop", ending="com")
def test_plain_addresses_need_no_validator(local: str, domain: str, ending: str) -> None:
    """The short way for plain addresses must give what the validator gives, or drop nothing it would refuse."""
    raw = f"{local}@{domain}.{ending}"
    plain, value = DUCKDB.execute(f"select {plain_email_sql('raw')}, lower(trim(raw)) from (select ? as raw)", [raw]).fetchone()
    if plain:
        assert normalise_email(raw) == (value, None)


def test_identifiers_of_all_columns(project: Project) -> None:
    """An identifier in a place nobody looks at would leave its person unjoined."""
    project.write(
        "generic/contacts/c.csv", "contact_id,email,phone,country\n1,A@Example.com,06 12 34 56 78,\n2,bad,612345678,es\n"
    )
    project.write(
        "generic/consents/c.csv",
        "identifier_type,identifier,purpose,status,occurred_at\nphone,07 80 12 34 56,sms,granted,2026-01-31\n",
    )
    project.write(
        "segment/events/e.ndjson",
        '{"messageId":"1","type":"identify","timestamp":"2026-01-31","traits":{"email":"Trait@example.com"},"context":{"traits":{"phone":"+33780123456"}}}\n'
        '{"messageId":"2","type":"page","timestamp":"2026-01-31","userId":"User@example.com","properties":{"email":"Prop@example.com"}}\n'
        '{"messageId":"3","type":"page","timestamp":"2026-01-31","userId":"u1","properties":{"email":""}}\n',
    )
    project.load()
    with project.warehouse() as con:
        summary = normalise_identifiers(con, project.settings)
        rows = con.execute("select kind, raw, region, value from identity.normalised order by all").fetchall()
        again = normalise_identifiers(con, project.settings)
    assert rows == [
        ("email", "A@Example.com", "", "a@example.com"),
        ("email", "Prop@example.com", "", "prop@example.com"),
        ("email", "Trait@example.com", "", "trait@example.com"),
        ("email", "User@example.com", "", "user@example.com"),
        ("email", "bad", "", None),
        ("phone", "+33780123456", "FR", "+33780123456"),
        ("phone", "06 12 34 56 78", "FR", "+33612345678"),
        ("phone", "07 80 12 34 56", "FR", "+33780123456"),
        ("phone", "612345678", "ES", "+34612345678"),
    ]
    assert (summary.emails, summary.phones, summary.invalid) == (5, 4, 1)
    assert (again.emails, again.phones) == (0, 0)


def test_only_new_batches_are_looked_at(project: Project) -> None:
    """Going through all history at each run would make every day dearer than the last; missing a batch would lose people."""
    for number in (1, 2):
        project.write(f"generic/contacts/{number}.csv", f"contact_id,email\n{number},{number}@example.com\n")
        project.load()
        with project.warehouse() as con:
            assert normalise_identifiers(con, project.settings).emails == 1
    assert project.rows("select value from identity.normalised order by 1") == [("1@example.com",), ("2@example.com",)]


def test_reasons_hold_no_personal_data() -> None:
    """Reasons are shown in reports: the validator's own messages quote parts of the address."""
    for raw in (
        "secret:name@example.com",
        "sécret<x>@example.com",
        "secretname",
        "a@secret_name.com",
        "secret\u200bname@example.com",
    ):
        _, reason = normalise_email(raw)
        assert reason and "secret" not in reason and "sécret" not in reason


def test_agents_and_addresses_of_all_columns(project: Project) -> None:
    """A user agent or address in a place nobody looks at is a bot among the visitors; one that is no address must say so."""
    project.write(
        "segment/events/e.ndjson",
        '{"messageId":"1","type":"page","timestamp":"2026-01-31","context":{"userAgent":"Agent \\"A\\"","ip":"192.0.2.1"}}\n'
        '{"messageId":"2","type":"page","timestamp":"2026-01-31","context":{"user_agent":"curl/8","ip":"unknown"},"request_ip":"::1"}\n'
        '{"messageId":"3","type":"page","timestamp":"2026-01-31","context_user_agent":"Agent B","context_ip":"192.0.2.2"}\n',
    )
    project.write("shopify/order/o.csv", "id,total_price,created_at,browser_ip\n1,5,2026-01-31,::ffff:192.0.2.1\n")
    project.write("generic/ip_companies/c.csv", "network,company\n10.1.2.3/8,Acme\n::/0,All\n")
    project.load()
    with project.warehouse() as con:
        normalise_identifiers(con, project.settings)
    assert project.rows("select user_agent, is_bot from identity.user_agents order by all") == [
        ('Agent "A"', False), ("Agent B", False), ("curl/8", True),
    ]  # fmt: skip
    first = "0" * 20 + "ffff" + "c0000201"
    assert project.rows("select ip, address, reason from identity.ip_addresses order by all") == [
        ("192.0.2.1", first, None), ("192.0.2.2", first[:-1] + "2", None), ("::1", "0" * 31 + "1", None),
        ("::ffff:192.0.2.1", first, None), ("unknown", None, "no IP address"),
    ]  # fmt: skip
    assert project.rows("select network, prefix, reason is null from identity.networks order by all") == [
        ("10.1.2.3/8", 104, True), ("::/0", 0, True), ("::/0", 0, True),
    ]  # fmt: skip


def test_the_companys_networks_are_looked_at_again_when_they_change(project: Project) -> None:
    """An office that is added later would stay a visitor for all the days before."""
    rows = "".join(
        f'{{"messageId":"{ip}","type":"page","timestamp":"2026-01-31","context":{{"ip":"{ip}"}}}}\n'
        for ip in ("192.0.2.1", "2001:db8::1", "junk")
    )
    project.write("segment/events/e.ndjson", rows)
    project.load()
    for networks, expected in (("192.0.2.0/24", ["192.0.2.1"]), ("2001:db8::/32", ["2001:db8::1"])):
        project.configure(f"traffic: {{internal_networks: ['{networks}']}}\n")
        with project.warehouse() as con:
            normalise_identifiers(con, project.settings)
        found = project.rows("select ip from identity.ip_addresses where is_internal order by 1")
        assert [ip for (ip,) in found] == expected
