"""Feeds as people write them: what is shipped loads, a company adds its own without Python, every mistake names file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.activation.activations import load_activations
from dagster_project.activation.feeds import load_feeds, never_left_behind, read_feeds
from dagster_project.activation.specs import load_all_destinations, load_destinations
from dagster_project.audience_sql import _untold
from dagster_project.audiences import load_audiences
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.errors import RelanceError
from dagster_project.sequences import load_exports
from dagster_project.settings import SHIPPED, Settings
from tests.feeds.feed_shop import shipped_feeds

GOOD = """name: mine
description: Mine.
destination: crm_contacts
model: contact_scores
mode: delta
"""
MAILING = (
    "mailchimp", "klaviyo", "brevo", "hubspot", "activecampaign", "salesforce_mc", "customer_io", "sms", "whatsapp", "push",
)  # fmt: skip


def write(settings: Settings, name: str, text: str) -> Path:
    path = settings.base / "activations" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_tool_that_writes_to_people_is_told_who_refuses() -> None:
    """A tool without an opt-out file goes on writing to whoever said no elsewhere."""
    for tool in MAILING:
        feed = shipped_feeds()[f"{tool}_opt_outs"]
        assert feed.beside == (tool,) and feed.tells_refusals and feed.mode == "delta"
        assert feed.destination.consent.purposes == [] and not feed.forgets
        assert {column.normaliser for column in feed.columns} == {
            column.normaliser for column in load_destinations(_nowhere())[tool].columns if column.role == "match_key"
        }, "the tool has to recognise the address that it was sent before"


def _nowhere() -> Settings:
    settings = Settings.model_validate({"company": {"name": "x", "currency": "EUR", "timezone": "UTC", "country": "FR"}})
    settings._base = SHIPPED / "nowhere"
    return settings


def test_headers_of_catalogues_are_the_platforms() -> None:
    """A header that is off by a letter and a feed has no products."""
    every = load_all_destinations(_nowhere())
    needed = ["id", "title", "description", "link", "image_link", "availability", "price", "condition", "brand"]
    for name in ("google_merchant", "meta_catalogue"):
        assert [column.header for column in every[name].columns][:9] == needed
    limits = {name: {c.key: c.max_length for c in every[name].columns} for name in ("google_merchant", "meta_catalogue")}
    assert [limits["google_merchant"][key] for key in ("id", "title", "description")] == [50, 150, 5000]
    assert [limits["meta_catalogue"][key] for key in ("id", "title", "description")] == [100, 200, 9999]


def test_destinations_of_records_are_none_of_people() -> None:
    """A list of people sent as products, or the other way round, is a leak."""
    people, every = load_destinations(_nowhere()), load_all_destinations(_nowhere())
    assert {name for name, each in every.items() if each.rows == "record"} == every.keys() - people.keys()
    assert not {feed.destination.name for feed in shipped_feeds().values()} & people.keys()


def test_a_feed_runs_where_something_goes_to_its_destination(make_project: Callable[..., Settings]) -> None:
    """Files of refusals for tools that a company does not have are personal data that nobody asked for."""

    def running(settings: Settings) -> set[str]:
        activations, sequences = load_exports(settings, load_audiences(settings))
        return {feed.name for feed in load_feeds(settings, [*activations, *(one.activation for one in sequences)])}

    shipped = running(make_project())
    assert {"brevo_opt_outs", "google_merchant_products"} <= shipped
    assert not shipped & {"mailchimp_opt_outs", "hubspot_contacts", "push_opt_outs", "crm_contacts"}
    named = make_project("activations: {enabled: [brevo_win_back, klaviyo_opt_outs, crm_contacts]}\n", name="named")
    assert running(named) == {"klaviyo_opt_outs", "crm_contacts"}
    with pytest.raises(RelanceError, match=r"Unknown activation `klavio_opt_outs` \(did you mean `klaviyo_opt_outs`"):
        running(make_project("activations: {enabled: [klavio_opt_outs]}\n", name="misspelt"))
    assert ("brevo_opt_outs", "brevo_opt_outs") in never_left_behind(read_feeds(named))
    assert ("crm_contacts", "crm_contacts") not in never_left_behind(read_feeds(named))


def test_a_company_adds_feed_model_and_destination_of_its_own(make_project: Callable[..., Settings]) -> None:
    """Whoever has to fork the repository for one more file never updates again."""
    settings = make_project()
    shipped = (SHIPPED / "activations/destinations/crm_contacts.yml").read_text(encoding="utf-8")
    write(settings, "destinations/mine.yml", shipped.replace("name: crm_contacts", "name: mine"))
    write(settings, "feeds/mine.yml", GOOD.replace("crm_contacts", "mine").replace("contact_scores", "my_scores"))
    model = (SHIPPED / "dbt_models/models/feeds/contact_scores.yml").read_text(encoding="utf-8")
    write(settings, "feeds/models/my_scores.yml", model.replace("contact_scores", "my_scores"))
    sql = write(settings, "feeds/models/my_scores.sql", "select * from {{ ref('contact_scores') }}")
    (mine,) = [feed for feed in read_feeds(settings) if feed.name == "mine"]
    assert (mine.model.path, mine.destination.name, mine.audience) == (sql, "mine", "feeds.my_scores")
    activations = load_activations(settings, {audience.name: audience.spec for audience in load_audiences(settings)})
    assert "mine" in {feed.name for feed in load_feeds(settings, activations)}
    assert prepare_workspace(settings).project_dir.joinpath("models/feeds/my_scores.sql").resolve() == sql.resolve()

    with duckdb.connect() as con:
        con.execute("create schema feeds; create table feeds.my_scores as select 'k' as record_key, 'p' as profile_id")
        (mistake,) = _untold(con, mine.model)
    assert "names columns that it does not have: source, contact_id" in str(mistake) and "my_scores.sql" in str(mistake)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("crm_contacts", "crm_contact"), r"Unknown destination `crm_contact` \(did you mean `crm_contacts`\?\).*mine\.yml:3"),
        (("crm_contacts", "brevo"), r"brevo takes people, not records.*mine\.yml:3"),
        (("contact_scores", "contact_score"), r"Unknown model `contact_score` \(did you mean `contact_scores`\?\).*mine\.yml:4"),
        (("contact_scores", "catalogue"), r"crm_contacts carries `source`, which the model catalogue does not tell.*mine\.yml:4"),
        (("mode: delta", "mode: delta\nbeside: [bravo]"), r"Unknown destination `bravo` \(did you mean `brevo`.*mine\.yml:6"),
        (("mode: delta", "mode: delta\nmodel_: x"), r"Unknown key `model_`.*mine\.yml:6"),
        (("mode: delta", "mode: delta\nbounds: {shrink: 2}"), r"shrink.*mine\.yml:6"),
        (("name: mine", "name: other"), r"The file should be called other\.yml.*mine\.yml:1"),
        (
            ("destination: crm_contacts\nmodel: contact_scores", "destination: google_merchant\nmodel: catalogue"),
            r"a delta would take away all the rest.*mine\.yml:5.*mode: full",
        ),
        (
            ("destination: crm_contacts\nmodel: contact_scores", "destination: klaviyo_opt_outs\nmodel: contact_scores"),
            r"carries `email`.*carries `is_withdrawn`",
        ),
    ],
)
def test_mistakes_are_told_with_line_and_remedy(
    make_project: Callable[..., Settings], change: tuple[str, str], message: str
) -> None:
    """A slip in a feed should cost a minute, not a call to an engineer."""
    settings = make_project()
    assert change[0] in GOOD
    write(settings, "feeds/mine.yml", GOOD.replace(*change))
    with pytest.raises(RelanceError, match=f"(?s){message}"):
        read_feeds(settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rows: record\n", ""), r"`records` is for destinations of records.*crm_contacts\.yml"),
        (("records:\n  source: own choice", "removed:\n  source: own choice"), r"Unknown key `removed`"),
        (("header: SOURCE, field: source", "header: SOURCE, repeat: 2, field: source"), r"can't repeat"),
        (("field: clv_12m", "field: clv_12m, max_length: 9"), r"held to a length"),
        (("key: source, ", "key: profile_id, "), r"names no column: `source`"),
    ],
)
def test_mistakes_in_destinations_of_records_are_told(
    make_project: Callable[..., Settings], change: tuple[str, str], message: str
) -> None:
    """What a destination's file says is what leaves the house: it is read strictly."""
    settings = make_project()
    shipped = (SHIPPED / "activations/destinations/crm_contacts.yml").read_text(encoding="utf-8")
    assert change[0] in shipped
    write(settings, "destinations/crm_contacts.yml", shipped.replace(*change))
    with pytest.raises(RelanceError, match=f"(?s){message}"):
        read_feeds(settings)


def test_what_people_need_is_not_forgotten_for_records(make_project: Callable[..., Settings]) -> None:
    """A destination of people without a purpose would send everybody."""
    settings = make_project()
    shipped = (SHIPPED / "activations/destinations/brevo.yml").read_text(encoding="utf-8")
    write(settings, "destinations/brevo.yml", shipped.replace("purposes: [email]", "purposes: []"))
    with pytest.raises(RelanceError, match="without a purpose"):
        load_destinations(settings)


def test_a_model_without_a_yaml_and_names_that_stand_twice_are_told(make_project: Callable[..., Settings]) -> None:
    """A feed that takes an activation's ledger for its own would remove that activation's people."""
    settings = make_project()
    write(settings, "feeds/models/bare.sql", "select 1")
    with pytest.raises(RelanceError, match=r"The feed model `bare` has no YAML.*bare\.sql"):
        read_feeds(settings)
    other = make_project(name="other")
    write(other, "feeds/brevo_win_back.yml", GOOD.replace("mine", "brevo_win_back"))
    with pytest.raises(RelanceError, match="A feed and an activation have the name `brevo_win_back`"):
        load_feeds(other, load_activations(other, {one.name: one.spec for one in load_audiences(other)}))
