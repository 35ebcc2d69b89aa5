"""Gates: who may not stand in a file doesn't, and is counted at the first gate that stops them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from activation_shop import ALL_PURPOSES, Person, Shop, manifest, people, rows

from dagster_project.activation.build import run_activation
from dagster_project.audiences import AudienceSpec, write_suppressions
from dagster_project.errors import RelanceError

AUDIENCE = AudienceSpec(kind="retargeting", window_days=30, owner="crm")

pytestmark = pytest.mark.usefixtures("unchecked")


def test_each_gate_counts_the_people_it_stops(shop: Shop) -> None:
    """Who asks why a list is short gets figures that add up, in the order of the gates."""
    everybody = people(10)
    everybody[0].suppressed = True
    everybody[1].consents = {}
    everybody[2].consents["platform_matching"] = "withdrawn"
    everybody[3].birth_date = date(2015, 5, 5)
    everybody[4].holdout = True
    everybody[5].emails = ["not an address"]
    everybody[6].emails = []
    everybody[7].suppressed = everybody[7].holdout = True
    shop.fill(everybody)
    result = shop.run()
    assert result.suppressed == {
        "erased": 0,
        "suppressed": 2,
        "consent": 2,
        "age": 1,
        "hours": 0,
        "contact_cap": 0,
        "canvassing": 0,
        "holdout": 1,
        "frequency": 0,
        "priority": 0,
        "identifier": 2,
        "minimum": 0,
        "size": 0,
    }
    assert [(gate["before"], gate["after"]) for gate in result.gates] == [
        (10, 10), (10, 8), (8, 6), (6, 5), (5, 5), (5, 5), (5, 5), (5, 4), (4, 4), (4, 4), (4, 2), (2, 2), (2, 2),
    ]  # fmt: skip
    assert (result.members, result.rows, result.adds, result.held) == (10, 2, 2, 2)
    assert manifest(result)["suppressed"] == result.suppressed


@pytest.mark.parametrize(
    ("destination", "needed"),
    [
        ("google_customer_match", {"ad_user_data", "ad_personalization", "platform_matching"}),
        ("meta_custom_audience", {"ads", "platform_matching"}),
        ("brevo", {"email"}),
    ],
)
def test_every_purpose_of_the_destination_must_be_granted(shop: Shop, destination: str, needed: set[str]) -> None:
    """A yes to e-mail is no yes to being matched on a platform, nor the other way round; no answer is a no."""
    one_missing = [
        Person(f"without_{purpose}", [f"{purpose}@example.com"], consents={p: "granted" for p in ALL_PURPOSES if p != purpose})
        for purpose in ALL_PURPOSES
    ]
    exactly = Person("exactly", ["exactly@example.com"], consents=dict.fromkeys(needed, "granted"))
    denied = Person("denied", ["denied@example.com"], consents=dict.fromkeys(needed, "denied"))
    shop.fill([*one_missing, exactly, denied])
    result = shop.run(shop.activation(destination))
    added = {profile for _, _, profile in shop.ledger()}
    assert added == {"exactly", *(f"without_{purpose}" for purpose in ALL_PURPOSES if purpose not in needed)}
    assert result.suppressed["consent"] == len(needed) + 1


def test_a_grant_beside_a_withdrawal_is_a_refusal(shop: Shop) -> None:
    """If the consents table ever holds two answers, the file must not follow the convenient one."""
    shop.fill(people(2))
    shop.con.execute("insert into profiles.consents values ('p0000', 'ads', 'withdrawn', null), (null, 'ads', 'granted', null)")
    shop.run()
    assert {profile for _, _, profile in shop.ledger()} == {"p0001"}


def test_only_granted_is_a_yes(shop: Shop) -> None:
    """What a policy makes of silence stands in the table of consents; a gate with a rule of its own will once differ."""
    others = [None, "", "denied", "withdrawn", "expired", "unproven", "unknown"]
    shop.fill([
        Person("yes", ["yes@example.com"]),
        Person("silent", ["silent@example.com"], consents={}),
        *(Person(f"no{n}", [f"no{n}@example.com"], consents={"ads": "granted", "platform_matching": status})  # type: ignore[dict-item]
          for n, status in enumerate(others)),
    ])  # fmt: skip
    shop.run()
    assert {profile for _, _, profile in shop.ledger()} == {"yes"}


@pytest.mark.parametrize(
    ("born", "allowed"),
    [
        (date(2008, 3, 1), True),
        (date(2008, 3, 2), False),
        (date(2008, 2, 29), True),
        (date(2008, 12, 31), False),
        (date(2030, 1, 1), False),
        (None, True),
    ],
)
def test_age_on_the_company_s_day(shop: Shop, born: date | None, allowed: bool) -> None:
    """A known minor in an advertising file is unlawful; 23:30 UTC is already the next day in Paris."""
    shop.fill(
        [Person("adult", ["adult@example.com"], birth_date=date(1980, 1, 1)), Person("x", ["x@example.com"], birth_date=born)]
    )
    run_activation(shop.settings, shop.con, shop.activation(), "run", datetime(2026, 2, 28, 23, 30))
    assert ("x" in {profile for _, _, profile in shop.ledger()}) == allowed


def test_a_birthday_on_29_february_comes_on_1_march(shop: Shop) -> None:
    """A day too early is a minor in the file."""
    shop.fill([Person("x", ["x@example.com"], birth_date=date(2008, 2, 29))])
    result = run_activation(shop.settings, shop.con, shop.activation(), "run", datetime(2026, 2, 28, 12, 0))
    assert result.suppressed["age"] == 1


def test_an_address_of_a_minor_is_a_minors_unless_somebody_else_says_so(shop: Shop) -> None:
    """A child's orders as a guest are nobody's by name: their address would go to the platform as if of a grown-up."""
    address, names = (
        "family@example.com",
        [("Tim", None), ("Anna", None), ("tim ", date(1980, 1, 1)), (None, None), ("tim", None)],
    )
    shop.con.execute("create schema unified")
    shop.con.execute("create table unified.contacts (email varchar, phone varchar, first_name varchar, birth_date date)")
    contacts = [(f"{place}{address}", None, "Tim", date(2012, 2, 2)) for place in range(len(names))]
    shop.con.executemany("insert into unified.contacts values (?, ?, ?, ?)", contacts)
    shop.fill(
        [Person(f"p{place}", [f"{place}{address}"], first_name=name, birth_date=born) for place, (name, born) in enumerate(names)]
    )
    assert shop.run().suppressed["age"] == 3
    assert {profile for _, _, profile in shop.ledger()} == {"p1", "p2"}


def test_minors_may_get_the_mails_they_asked_for(shop: Shop) -> None:
    """The age gate is for advertising platforms: it must not empty a mailing list."""
    shop.fill([Person("x", ["x@example.com"], birth_date=date(2012, 2, 2))])
    assert shop.run(shop.activation("brevo")).adds == 1


def test_mail_goes_to_an_address_that_takes_it(shop: Shop) -> None:
    """Who has two addresses is not suppressed for one that sends mail back: the file carries the other; platforms know both."""
    shop.con.execute("create schema unified")
    shop.con.execute("create table unified.bounced_addresses as select unnest(['x@example.com', 'z@example.com']) as email")
    shop.fill([Person("x", ["x@example.com", "y@example.com"]), Person("z", ["z@example.com"])])
    result = shop.run(shop.activation("brevo"))
    assert [row[0] for row in rows(result, "add.csv", ";")] == ["y@example.com"]
    assert result.suppressed["identifier"] == 1
    assert shop.run().adds == 2


def test_an_activation_may_name_its_suppressions(shop: Shop) -> None:
    """An upsell to people who just bought is meant for recent buyers; by default everybody suppressed is out."""
    shop.fill([Person("x", ["x@example.com"], suppressed=True), Person("y", ["y@example.com"])])
    assert shop.run().suppressed["suppressed"] == 1
    assert shop.run(shop.activation(suppressions=("no_consent",))).adds == 1
    assert shop.run(shop.activation(suppressions=())).status == "unchanged"


@pytest.mark.parametrize(
    ("everywhere", "channels", "kept_from"),
    [
        (True, [], {"ads", "email"}),
        (True, ["email"], {"email"}),
        (True, ["sms", "ads"], {"ads"}),
        (False, [], set()),
        (False, ["ads"], set()),
    ],
)
def test_a_suppression_audience_acts_on_its_channels(
    shop: Shop, everywhere: bool, channels: list[str], kept_from: set[str]
) -> None:
    """Who unsubscribed may be shown ads; whoever bought a kettle may be shown cups, in whatever file."""
    shop.fill([Person("x", ["x@example.com"], suppressed=True), Person("y", ["y@example.com"])])
    suppression = AudienceSpec(kind="suppression", window_days=14, everywhere=everywhere, channels=channels, owner="crm")
    write_suppressions(shop.con, {"buyers": AUDIENCE, "recent_buyers": suppression})
    ads, email = shop.activation(), shop.activation("brevo")
    assert {
        activation.destination.channel for activation in (ads, email) if shop.run(activation).suppressed["suppressed"]
    } == kept_from
    # Named by the activation, it acts in any case.
    named = shop.activation(suppressions=("recent_buyers",))
    assert shop.run(named).suppressed["suppressed"] == 1


def test_an_audience_may_be_for_suppressed_people(shop: Shop) -> None:
    """A review is asked of recent buyers: were they kept out of every file, nobody could be asked, and nothing would say why."""
    shop.fill([Person("x", ["x@example.com"], suppressed=True), Person("y", ["y@example.com"])])
    suppression = AudienceSpec(kind="suppression", window_days=14, owner="crm")
    for_them = AUDIENCE.model_copy(update={"despite": ["recent_buyers"]})
    write_suppressions(shop.con, {"buyers": for_them, "recent_buyers": suppression})
    assert shop.run().adds == 2


def test_who_asked_for_erasure_is_out(shop: Shop) -> None:
    """Between the request and the purge, no new file may carry the person; the platform must forget them."""
    shop.fill(people(3))
    shop.run()
    shop.con.execute("create schema unified")
    shop.con.execute(
        """create table unified.erasures as
           select 'email' as identifier_type, 'person0001@example.com' as identifier, timestamp '2026-03-01' as requested_at"""
    )
    result = shop.run()
    assert result.suppressed["erased"] == 1
    assert shop.ledger()[-1] == ("remove", "erased", "p0001")


def test_below_the_platform_s_minimum_only_removals_leave(shop: Shop) -> None:
    """A platform refuses a list that small, and a small list points at people; a removal must go out all the same."""
    shop.fill(people(5))
    small = shop.activation(minimum_rows=5)
    assert shop.run(small).adds == 5
    shop.fill(people(5, start=2)[:2] + people(1, start=90))
    result = shop.run(small)
    assert (result.status, result.adds, result.removes) == ("published", 0, 3)
    assert [path.name for path in result.files] == ["remove.csv"]
    assert "fewer than the 5" in (result.skipped or "")
    assert {"gate": "minimum", "before": 3, "after": 0} in result.gates
    assert manifest(result)["skipped"] == result.skipped
    again = shop.run(small)
    assert (again.status, again.folder, again.held) == ("withheld", None, 2)
    shop.fill(people(5, start=2))
    assert shop.run(small).adds == 3


def test_an_empty_audience_is_no_empty_full_file(shop: Shop) -> None:
    """An audience emptied by a mistake must not replace a platform's list with nothing."""
    shop.fill(people(3))
    full = shop.activation(mode="full")
    assert shop.run(full).files[0].name == "full.csv"
    shop.fill([])
    result = shop.run(full)
    assert [path.name for path in result.files] == ["remove.csv"]
    assert len(rows(result, "remove.csv")) == 3


def test_missing_tables_are_told(shop: Shop) -> None:
    """Exporting before the pipeline has run should say so, not show a traceback."""
    shop.con.execute("drop table profiles.consents")
    with pytest.raises(RelanceError, match=r"profiles\.consents.*relance run"):
        shop.run()


def test_an_audience_whose_size_nobody_believes_adds_nobody_and_loses_whom_it_must(shop: Shop) -> None:
    """A broken feed or rule fills an audience with everybody: a platform that has got them does not forget them."""
    shop.fill(people(5))
    assert shop.run().adds == 5
    shop.fill(people(3) + people(20, start=50))
    shop.con.execute(
        """create table audiences.size_verdicts as
           select 'carts' as audience, 'run2' as run_id, 23 as members, 5 as believed_before, 'grown too much' as reason"""
    )
    activation = shop.activation()
    shop.con.execute("update audiences.size_verdicts set audience = ?", [activation.audience])
    result = shop.run(activation, run_id="run2")
    assert (result.adds, result.removes, result.passed) == (0, 2, False)
    assert "23 people" in (result.skipped or "") and "grown too much" in (result.skipped or "")
    assert result.gates[-1] == {"gate": "size", "before": 23, "after": 0}
    shop.con.execute("delete from audiences.size_verdicts")
    assert shop.run(activation, run_id="run3").adds == 20
