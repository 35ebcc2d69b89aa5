"""Records of feeds: who and what may stand in a file, what is told anew, what is taken back, and what the ledger keeps."""

from __future__ import annotations

import json
import stat
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.activation import publish
from dagster_project.activation.reconcile import reconcile
from dagster_project.errors import RelanceError
from dagster_project.privacy.exports import rewrite_exports, waiting_removals
from dagster_project.privacy.quotes import Quotes
from tests.activation.activation_shop import Killed, Shop, agree, cells, manifest, people, rows
from tests.feeds.feed_shop import Tool, contact, export, feed, product, refusal

GOOGLE, META = "google_merchant_products", "meta_catalogue_products"


def test_products_stand_in_the_feed_as_each_platform_wants_them(shop: Shop) -> None:
    """A price in another form or a word with a space instead of an underscore, and the whole catalogue is disapproved."""
    plain, rich = product(1), product(
        2, title="T" * 100 + " " + "u" * 120, description="<p>Best &amp; <b>fresh</b></p>", availability="pre-order",
        link="https://shop.example.com/café?q=a b", gtin="4006381333931", mpn="M 1", product_type="Beans",
    )  # fmt: skip
    for name, words, length in ((GOOGLE, ("in_stock", "preorder"), 150), (META, ("in stock", "preorder"), 200)):
        result = export(shop, feed(name), [plain, rich])
        header, *told = cells(result.files[0])
        by_id = {row[0]: dict(zip(header, row, strict=True)) for row in told}
        assert [path.name for path in result.files] == ["full.csv"] and result.passed
        assert by_id["P1"]["price"] == "12.90 EUR" and by_id["P1"]["gtin"] == ""
        assert (by_id["P1"]["availability"], by_id["P2"]["availability"]) == words
        assert by_id["P2"]["title"] == "T" * 100 and len(rich["title"]) > length
        assert by_id["P2"]["description"] == "Best & fresh" and by_id["P2"]["gtin"] == "4006381333931"
        assert by_id["P2"]["link"] == "https://shop.example.com/caf%C3%A9?q=a%20b"
        assert stat.S_IMODE(result.files[0].stat().st_mode) == 0o600
        assert result.preview[0]["price"] == "12.90 EUR", "products are nobody's secret"


def test_what_a_platform_refuses_is_left_out_and_counted_by_reason(shop: Shop) -> None:
    """A shop that isn't told why half its products are missing looks for the fault in the platform."""
    broken = [
        product(2, price="0.0000 EUR"), product(3, price=None), product(4, image_link="cdn/4.jpg"),
        product(5, availability="perhaps"), product(6, product_id="x" * 51), product(7, title=" "),
    ]  # fmt: skip
    told = export(shop, feed(GOOGLE), [product(1), *broken, product(8, brand=None)])
    assert {row[0] for row in rows(told, "full.csv")} == {"P1", "P8"}
    reasons = {
        "no usable price": 2, "no usable availability": 1, "no usable id": 1, "no usable image_link": 1, "no usable title": 1,
    }  # fmt: skip
    assert told.left_out == manifest(told)["left_out"] == reasons
    assert told.suppressed["identifier"] == 6
    nameless = export(shop, feed(META), [product(1), product(2, brand=None), product(3, brand=None, mpn="A-3")])
    assert {row[0] for row in rows(nameless, "full.csv")} == {"P1", "P3"}
    assert nameless.left_out == {"no usable brand or gtin or mpn": 1}


def test_a_full_feed_takes_the_place_of_the_last(shop: Shop) -> None:
    """A product that was taken off the shelf and stays in the catalogue is advertised for ever."""
    catalogue, tool = feed(GOOGLE), Tool()
    first = export(shop, catalogue, [product(n) for n in range(4)])
    tool.take(first)
    assert export(shop, catalogue, [product(n) for n in range(4)]).status == "unchanged"
    second = export(shop, catalogue, [product(n, price="9 EUR" if n == 1 else "12.9000 EUR") for n in range(1, 4)])
    tool.take(second)
    assert [path.name for path in second.files] == ["full.csv"] and (second.adds, second.removes, second.held) == (1, 1, 3)
    assert tool.held == {"P1", "P2", "P3"}
    third = export(shop, catalogue, [product(n, price="9 EUR" if n == 1 else "12.9000 EUR") for n in range(1, 4)], days=25)
    assert third.adds == 3, "a product that is not told again expires"
    agree(shop)


@pytest.mark.usefixtures("unchecked")
def test_nobody_believes_a_catalogue_that_has_lost_too_much(shop: Shop) -> None:
    """An import that broke overnight must not take every product off the platform."""
    catalogue = feed(GOOGLE)
    first = export(shop, catalogue, [product(n) for n in range(10)])
    doubted = export(shop, catalogue, [product(n) for n in range(4)])
    assert doubted.status == "failed" and "6 of the 10 records" in (doubted.skipped or "") and doubted.files == []
    empty = export(shop, feed(GOOGLE, shrink=1), [])
    assert empty.status == "withheld" and not empty.files
    latest = first.folder.parent.parent / "latest"  # type: ignore[union-attr]
    assert latest.read_text().strip().endswith(first.run_id)
    assert export(shop, feed(GOOGLE, shrink=0.7), [product(n) for n in range(4)]).held == 4


@pytest.mark.usefixtures("unchecked")
def test_a_refusal_needs_no_consent_and_leaves_only_when_it_is_taken_back(shop: Shop) -> None:
    """An opt-out that waits for a consent, or that goes with the person's data, lets the tool write to who said no."""
    shop.fill([])
    klaviyo, tool = feed("klaviyo_opt_outs"), Tool()
    said_no = [refusal("ann@example.com", profile_id="p-ann"), refusal("info@example.com"), refusal("bob@example.com")]
    first = export(shop, klaviyo, said_no)
    tool.take(first)
    assert tool.held == {"ann@example.com", "info@example.com", "bob@example.com"} and first.suppressed["consent"] == 0
    tool.take(vanished := export(shop, klaviyo, [refusal("bob@example.com")]))
    assert vanished.removes == 0 and len(tool.held) == 3, "whoever is no longer known has not agreed"
    again = export(shop, klaviyo, [refusal("bob@example.com", is_withdrawn=True)])
    tool.take(again)
    assert rows(again, "remove.csv") == [["bob@example.com"]] and tool.held == {"ann@example.com", "info@example.com"}
    twice = [refusal("BOB@example.com", is_withdrawn=True), refusal("bob@example.com")]
    tool.take(export(shop, klaviyo, twice))
    assert "bob@example.com" in tool.held, "of two words about one address, the refusal holds"


@pytest.mark.parametrize(("tool", "takes_back"), [("brevo", False), ("mailchimp", False), ("hubspot", False), ("sms", True)])
@pytest.mark.usefixtures("unchecked")
def test_no_file_takes_back_what_the_tool_takes_back_by_hand(shop: Shop, tool: str, takes_back: bool) -> None:
    """A remove.csv that a tool can't read ends as an import, and suppresses whoever agreed."""
    opt_outs = feed(name := f"{tool}_opt_outs")
    address = "+33611111111" if name == "sms_opt_outs" else "ann@example.com"
    export(shop, opt_outs, [refusal(address)])
    back = export(shop, opt_outs, [refusal(address, is_withdrawn=True)])
    assert (back.removes, back.held) == ((1, 0) if takes_back else (0, 1))


@pytest.mark.usefixtures("unchecked")
def test_a_second_refusal_is_told_as_well(shop: Shop) -> None:
    """Who agreed again by the tool's own form, of which no file tells, and refuses once more would be written to for ever."""
    brevo = feed("brevo_opt_outs")
    first = shop.as_of
    assert export(shop, brevo, [refusal("ann@example.com", since=first)]).adds == 1
    assert export(shop, brevo, [refusal("ann@example.com", since=first)]).adds == 0
    assert export(shop, brevo, [refusal("ann@example.com", is_withdrawn=True)]).removes == 0
    again = [refusal("ann@example.com", since=shop.as_of)]
    assert export(shop, brevo, again).adds == 1
    assert export(shop, brevo, again).adds == 0


def test_statuses_of_salesforce_follow_the_file(shop: Shop) -> None:
    """Subscriber Status is what suppresses there; the e-mail is the last column."""
    salesforce = feed("salesforce_mc_opt_outs")
    first = export(shop, salesforce, [refusal("Ann@Example.com"), refusal("=cmd@example.com")])
    assert cells(first.files[0]) == [["Subscriber Status", "Email Address"], ["Unsubscribed", "ann@example.com"]]
    assert first.left_out == {"no usable Email Address": 1}
    back = export(shop, salesforce, [refusal("Ann@Example.com", is_withdrawn=True)])
    assert rows(back, "remove.csv") == [["Active", "ann@example.com"]]


@given(st.lists(st.lists(st.sampled_from(["no", "yes", "unknown"]), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("unchecked")
def test_whatever_they_say_a_tool_holds_their_last_word(tmp_path_factory: pytest.TempPathFactory, days: list[list[str]]) -> None:
    """One wrong turn among refusals, grants and gaps in the data, and somebody is written to who said no."""
    shop, tool = Shop(tmp_path_factory.mktemp("feed") / "project", ":memory:"), Tool()
    klaviyo, last = feed("klaviyo_opt_outs"), dict.fromkeys(range(3), "unknown")
    for words in days:
        last |= {person: word for person, word in enumerate(words) if word != "unknown"}
        told = [refusal(f"p{n}@example.com", is_withdrawn=word == "yes") for n, word in enumerate(words) if word != "unknown"]
        tool.take(export(shop, klaviyo, told))
        assert tool.held == {f"p{person}@example.com" for person, word in last.items() if word == "no"}
    shop.con.close()


@pytest.mark.usefixtures("unchecked")
def test_only_contacts_that_have_changed_are_written_back(shop: Shop) -> None:
    """A CRM that gets all contacts every night hides what has changed, and sends alerts about nothing."""
    shop.fill([])
    crm = feed("crm_contacts")
    first = export(shop, crm, [contact(n) for n in range(3)])
    assert first.adds == 3 and first.preview[0]["CONTACT_ID"] == "C***" and first.preview[0]["CUSTOMER_SCORE"] == "40"
    objects = contact(1, customer_score=None, customer_tier=None, profiling_consent="withdrawn")
    second = export(shop, crm, [contact(0), objects])
    (row,) = rows(second, "add.csv")
    told = dict(zip(cells(second.folder / "add.csv")[0], row, strict=True))  # type: ignore[operator]
    assert (told["CONTACT_ID"], told["CUSTOMER_SCORE"], told["CUSTOMER_TIER"]) == ("C1", "", "")
    assert rows(second, "remove.csv") == [["generic", "C2"]]
    assert sorted(shop.ledger()[3:]) == [("add", "updated", "p0001"), ("remove", "left", "p0002")]


@pytest.mark.usefixtures("unchecked")
def test_gates_ask_whom_a_record_is_of(shop: Shop) -> None:
    """Consent, country and age are the person's, not the list's: a record must not slip past what stops its person."""
    everybody = people(7)
    everybody[1].consents["ads"] = "denied"
    everybody[2].country = "US"
    everybody[3].birth_date = date(2015, 1, 1)
    everybody[4].country = None
    shop.fill(everybody)
    shop.con.execute("create schema unified; create table unified.erasures (identifier_type varchar, identifier varchar)")
    shop.con.execute("insert into unified.erasures values ('email', 'person0005@example.com')")
    asked = {"purposes": ["ads"], "minimum_age": 18, "countries": ["FR"]}
    told = [contact(n) for n in range(7)] + [contact(8, profile_id=None), contact(9, profile_id="p0000")]
    result = export(shop, feed("crm_contacts", consent=asked), told)
    assert {row[1] for row in rows(result, "add.csv")} == {"C0", "C6", "C9"}
    stopped = {"erased": 1, "left_out": 0, "consent": 4, "age": 1, "identifier": 0, "minimum": 0, "size": 0}
    assert result.suppressed == stopped and result.members == 9
    everybody[6].consents["ads"] = "withdrawn"
    shop.fill(everybody)
    after = export(shop, feed("crm_contacts", consent=asked), told)
    assert rows(after, "remove.csv") == [["generic", "C6"]] and shop.ledger()[-1] == ("remove", "consent", "p0006")


@pytest.mark.usefixtures("unchecked")
def test_an_address_that_no_grant_covers_stays_out_of_a_record(shop: Shop) -> None:
    """A grant given with one e-mail says nothing of another, in a feed as in a list."""
    covered, other = people(2)
    other.consented_email = "another@example.com"
    shop.fill([covered, other])
    refusals = feed("klaviyo_opt_outs", consent={"purposes": ["ads"]}, records={"refusals": False})
    told = [refusal(f"person{n:04d}@example.com", profile_id=f"p{n:04d}") for n in range(2)]
    assert rows(export(shop, refusals, told), "add.csv") == [["person0000@example.com"]]


@pytest.mark.usefixtures("unchecked")
def test_what_is_sent_once_is_sent_once(shop: Shop) -> None:
    """A conversion that is told twice because its value has changed is counted twice."""
    once = feed("crm_contacts", records={"changed": "kept", "gone": "kept"})
    shop.fill([])
    assert export(shop, once, [contact(1), contact(2)]).adds == 2
    later = export(shop, once, [contact(1, customer_score="90", contact_id="C1-new"), contact(3)])
    assert [row[1] for row in rows(later, "add.csv")] == ["C3"] and (later.removes, later.held) == (0, 3)
    assert export(shop, once, []).status == "unchanged"


@pytest.mark.usefixtures("unchecked")
def test_the_ledger_keeps_what_a_model_wants_kept_and_no_key_of_others(shop: Shop) -> None:
    """Without the journal nobody can restate what was sent; with everybody's keys, the warehouse would hold sent addresses."""
    shop.fill(people(1))
    google = feed("google_offline_conversions", limits={"minimum_rows": 1})
    told = {
        "record_key": "k1", "profile_id": "p0000", "gclid": "Cj0KCQiA-abc", "conversion_name": "Purchase", "value": "12.5",
        "conversion_time": "2026-03-01 10:00:00+0100", "currency": "EUR", "order_id": "A1", "ad_user_data": "Granted",
        "ad_personalization": "Granted", "journal": '{"value": 12.5}',
    }  # fmt: skip
    assert export(shop, google, [told]).adds == 1
    export(shop, feed("klaviyo_opt_outs"), [refusal("ann@example.com")])
    kept = shop.con.execute("select activation, record_key, journal from activation.ledger order by sequence").fetchall()
    assert kept == [("google_offline_conversions", "k1", '{"value": 12.5}'), ("klaviyo_opt_outs", None, None)]


def test_models_that_can_not_be_followed_are_refused(shop: Shop) -> None:
    """Two records of one key would take each other's place from run to run; a column that is not there, leave cells empty."""
    opt_outs = feed("klaviyo_opt_outs")
    with pytest.raises(RelanceError, match=r"no column record_key.*run the whole pipeline first"):
        shop.run(opt_outs)
    with pytest.raises(RelanceError, match=r"2 records .* have no `record_key` of their own") as caught:
        export(shop, opt_outs, [refusal("ann@example.com"), refusal("ann@example.com"), refusal("x@y.zz") | {"record_key": None}])
    assert "ann@" not in str(caught.value)
    shop.con.execute("alter table feeds.email_refusals drop email")
    with pytest.raises(RelanceError, match=r"has no column email, which klaviyo_opt_outs carries.*email_refusals\.sql"):
        shop.run(opt_outs)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("step", ["_write_outbox", "_move_into_place", "commit", "point_latest"])
def test_a_feed_survives_a_crash_as_lists_do(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A full feed enters what is gone in the ledger without a file of its own: a crash must not lose that half."""
    catalogue = feed(GOOGLE)
    export(shop, catalogue, [product(n) for n in range(4)], run_id="first")

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, killed)
        with pytest.raises(Killed):
            export(shop, catalogue, [product(n) for n in range(1, 5)], run_id="second")
    reconcile(shop.con, shop.settings)
    shop.as_of = shop.as_of.replace(day=shop.as_of.day - 1)
    result = shop.run(catalogue, run_id="second")
    assert (result.adds, result.removes, result.held) == (1, 1, 4)
    agree(shop)


@pytest.mark.usefixtures("unchecked")
def test_an_erasure_takes_people_out_of_records_but_not_out_of_refusals(shop: Shop) -> None:
    """The file by which a tool learns not to write to somebody is the last that may lose them; a score has to go at once."""
    shop.fill([])
    klaviyo, crm = feed("klaviyo_opt_outs"), feed("crm_contacts")
    refused = export(shop, klaviyo, [refusal("ann@example.com", profile_id="p0001")])
    written = export(shop, crm, [contact(1), contact(2)])
    done = rewrite_exports(shop.con, shop.settings, ["p0001"], Quotes())
    assert [change.path.partition("/")[0] for change in done] == ["crm_contacts"]
    assert [row[1] for row in rows(written, "add.csv")] == ["C2"] and rows(refused, "add.csv") == [["ann@example.com"]]
    assert waiting_removals(shop.con, shop.settings, ["p0001"]) == {"crm_contacts": 1}, "no remove.csv will name the refusal"
    assert json.loads((refused.folder / "manifest.json").read_text())["refusals"] is True  # type: ignore[operator]


def test_an_id_that_a_spreadsheet_would_run_is_left_out(shop: Shop) -> None:
    """A formula in the column that finds contacts attacks whoever opens the file, and with a quote before it finds another."""
    records = [{"record_key": f"hubspot:{id}", "contact_id": id} for id in ("=1+1", "17", "-2")]
    told = export(shop, feed("hubspot_contacts"), records)
    assert [row[0] for row in rows(told, "add.csv")] == ["17"]
    assert told.left_out == {"no usable Record ID": 2}
