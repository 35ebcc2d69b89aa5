"""Destination and activation files: what is shipped loads, every mistake is told with file, line and a way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.activation.activations import load_activations
from dagster_project.activation.specs import load_destinations
from dagster_project.audiences import AudienceSpec
from dagster_project.errors import RelanceError
from dagster_project.settings import SHIPPED, Settings

AUDIENCES = {
    name: AudienceSpec.model_validate({"kind": kind, "window_days": 30, "owner": "crm", "channels": channels})
    for name, kind, channels in [
        ("cart_abandoners", "retargeting", ["ads", "email"]), ("product_viewers", "retargeting", ["ads"]),
        ("best_customers_seed", "remarketing", ["ads"]), ("hot_leads", "retargeting", ["phone"]),
        ("high_value_carts", "retargeting", ["sms"]), ("win_back", "remarketing", []), ("upsell", "remarketing", ["email"]),
        ("recent_buyers", "suppression", []), ("no_consent", "suppression", []),
    ]
}  # fmt: skip

GOOD = """name: mine
description: Mine.
destination: brevo
audience: win_back
mode: delta
match_keys: [email]
"""


def write(settings: Settings, name: str, text: str) -> Path:
    path = settings.base / "activations" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_files_load_and_each_rule_has_a_source(make_project: Callable[..., Settings]) -> None:
    """A shipped mistake would stop every company's first run."""
    settings = make_project()
    names = [activation.name for activation in load_activations(settings, AUDIENCES)]
    assert names == sorted(names, key=names.index)
    assert {"google_cart_abandoners", "meta_win_back", "brevo_upsell"} <= set(names)
    assert {"google_customer_match", "meta_custom_audience", "brevo", "call_list"} <= set(load_destinations(settings))


def test_shipped_headers_are_the_vendors() -> None:
    """A header that is off by a letter and the platform refuses the upload."""
    settings = Settings.model_validate({"company": {"name": "x", "currency": "EUR", "timezone": "UTC", "country": "FR"}})
    settings._base = SHIPPED / "nowhere"
    known = load_destinations(settings)
    assert [column.header for column in known["google_customer_match"].columns] == [
        "Email", "Phone", "First Name", "Last Name", "Country", "Zip",
    ]  # fmt: skip
    assert {column.key for column in known["google_customer_match"].columns if not column.digest} == {"country", "zip"}
    assert {c.key for c in known["meta_custom_audience"].columns if not c.digest} == {"advertising_id", "value"}
    assert not any(column.digest for column in known["brevo"].columns)
    assert known["google_customer_match"].consent.purposes == ["ad_user_data", "ad_personalization", "platform_matching"]
    assert known["meta_custom_audience"].consent.purposes == ["ads", "platform_matching"]


def test_own_activation_joins_or_replaces_shipped_ones(make_project: Callable[..., Settings]) -> None:
    """A company that must fork the repository to change one activation never updates again."""
    settings = make_project()
    shipped = {activation.name: activation for activation in load_activations(settings, AUDIENCES)}
    write(settings, "mine.yml", GOOD)
    write(settings, "brevo/other_name.yml", GOOD.replace("mine", "brevo_upsell"))
    found = {activation.name: activation for activation in load_activations(settings, AUDIENCES)}
    assert set(found) == {*shipped, "mine"}
    assert (found["brevo_upsell"].audience, found["brevo_upsell"].mode) == ("win_back", "delta")


def test_only_enabled_ones_run(make_project: Callable[..., Settings]) -> None:
    """What is switched off in relance.yml must not be exported; a misspelt switch must be told."""
    chosen = load_activations(make_project("activations: {enabled: [meta_win_back]}\n"), AUDIENCES)
    assert [activation.name for activation in chosen] == ["meta_win_back"]
    with pytest.raises(RelanceError, match=r"Unknown activation `meta_winback` \(did you mean `meta_win_back`.*relance\.yml:2"):
        load_activations(make_project("activations: {enabled: [meta_winback]}\n", name="other"), AUDIENCES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("audience: win_back", "audience: winback"), r"Unknown audience `winback` \(did you mean `win_back`\?\).*mine\.yml:4"),
        (("destination: brevo", "destination: bravo"), r"Unknown destination `bravo` \(did you mean `brevo`\?\).*mine\.yml:3"),
        (("mode: delta", "mode: both"), r"`mode`.*mine\.yml:5"),
        (("[email]", "[emial]"), r"brevo knows no match key `emial` \(did you mean `email`\?\).*mine\.yml:6"),
        (("[email]", "[email, email]"), r"stands twice.*mine\.yml:6"),
        (("[email]", "[first_name]"), r"match nobody.*mine\.yml:6.*add email"),
        (("mode: delta", "mode: delta\nmodus: full"), r"Unknown key `modus` \(did you mean `mode`\?\).*mine\.yml:6"),
        (("name: mine", "name: ../mine"), r"`name`.*mine\.yml:1"),
        (("match_keys: [email]\n", ""), r"The key `match_keys` is missing.*mine\.yml"),
        (("[email]\n", "[email]\noptions: {suppressions: [recent_buyer]}\n"), r"Unknown audience `recent_buyer`.*mine\.yml:7"),
        (
            ("[email]\n", "[email]\noptions: {suppressions: [win_back]}\n"),
            r"`win_back` is a remarketing audience and suppresses nobody.*mine\.yml:7.*no_consent, recent_buyers",
        ),
        (("audience: win_back", "audience: no_consent"), r"`no_consent` is a suppression audience.*mine\.yml:4"),
        (("[email]\n", "[email]\noptions: {suppressions: [recent_buyers]}\n"), None),
        (("brevo", "google_customer_match"), None),
        (
            ("audience: win_back", "audience: product_viewers"),
            r"`product_viewers` is for ads, and brevo reaches people by email.*mine\.yml:3.*add email to `channels`",
        ),
        (("audience: win_back", "audience: upsell"), None),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_line_and_remedy(
    make_project: Callable[..., Settings], change: tuple[str, str], message: str | None
) -> None:
    """A marketer's slip should cost a minute, not a call to an engineer."""
    settings = make_project()
    write(settings, "mine.yml", GOOD.replace(*change))
    if message is None:
        assert load_activations(settings, AUDIENCES)
        return
    with pytest.raises(RelanceError, match=message):
        load_activations(settings, AUDIENCES)


def test_columns_of_use_together_only_must_come_together(make_project: Callable[..., Settings]) -> None:
    """Google refuses a file with three of its four address columns."""
    settings = make_project()
    write(settings, "mine.yml", GOOD.replace("brevo", "google_customer_match").replace("[email]", "[email, first_name, zip]"))
    with pytest.raises(RelanceError, match="missing here: last_name, country"):
        load_activations(settings, AUDIENCES)


def test_two_files_of_one_name_and_all_mistakes_at_once(make_project: Callable[..., Settings]) -> None:
    """Two activations of a name would share one ledger; mistakes told one a run waste everybody's day."""
    settings = make_project()
    write(settings, "a.yml", GOOD)
    write(settings, "b.yml", GOOD)
    write(settings, "c.yml", GOOD.replace("mine", "third").replace("win_back", "nobody"))
    with pytest.raises(RelanceError) as caught:
        load_activations(settings, AUDIENCES)
    assert "Two activations have the name `mine`" in str(caught.value)
    assert "Unknown audience `nobody`" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("email_plain", "email_plane"), r"Unknown normaliser `email_plane` \(did you mean `email_plain`"),
        (("  - [email]", "  - [mail]"), r"`required_any` names no column: `mail`"),
        (("  - [email]", "  - [first_name]"), r"`first_name` is an attribute and matches nobody"),
        (("key: last_name", "key: first_name"), r"The column `first_name` stands twice"),
        (("  minimum_rows: 1", "  minimum_row: 1"), r"Unknown key `limits.minimum_row` \(did you mean `minimum_rows`"),
        (("  purposes: [email]", "  purposes: [mail]"), r"consent"),
        (("field: last_name", "field: last_name, repeat: 2"), r"`last_name` can't repeat: a person has one"),
        (("pattern: '", "pattern: '("), r"`pattern` is no regular expression"),
    ],
)  # fmt: skip
def test_destination_mistakes_are_told(make_project: Callable[..., Settings], change: tuple[str, str], message: str) -> None:
    """A company's own destination file is read as strictly as a shipped one: what it says is what leaves the house."""
    settings = make_project()
    shipped = (SHIPPED / "activations/destinations/brevo.yml").read_text(encoding="utf-8")
    assert change[0] in shipped
    write(settings, "destinations/brevo.yml", shipped.replace(*change))
    with pytest.raises(RelanceError, match=message) as caught:
        load_destinations(settings)
    assert "brevo.yml:" in str(caught.value)
