"""What Dagster's page of an activation shows: figures for its plots, the last exports, a preview in which nobody can be told."""

from __future__ import annotations

import pytest
from activation_shop import Shop, people
from dagster import AssetKey

from dagster_project.activation.history import SHOWN, newest_preview, recent_exports
from dagster_project.assets.activations import activation_assets, metadata_of

pytestmark = pytest.mark.usefixtures("unchecked")


def test_the_last_exports_are_told_newest_first(shop: Shop) -> None:
    """A list that halves from one day to the next is seen only beside the day before."""
    activation = shop.activation()
    assert recent_exports(shop.settings, activation) == []
    for count in (5, 3, 8):
        shop.fill(people(count))
        shop.run(activation)
    assert recent_exports(shop.settings, activation) == [
        {"as of": "2026-03-04 06:00", "rows": 5, "added": 5, "removed": 0, "held": 8, "members": 8},
        {"as of": "2026-03-03 06:00", "rows": 2, "added": 0, "removed": 2, "held": 3, "members": 3},
        {"as of": "2026-03-02 06:00", "rows": 5, "added": 5, "removed": 0, "held": 5, "members": 5},
    ]
    for count in range(9, 9 + SHOWN):
        shop.fill(people(count))
        shop.run(activation)
    assert [row["members"] for row in recent_exports(shop.settings, activation)] == [*range(8 + SHOWN, 8, -1)]


def test_a_page_shows_figures_and_nobody(shop: Shop) -> None:
    """Everybody who may open Dagster reads this page: neither an address nor a name may stand on it, also when nothing is new."""
    shop.fill(people(4))
    activation = shop.activation("brevo")
    news = metadata_of(shop.run(activation), shop.settings, activation)
    quiet = metadata_of(shop.run(activation), shop.settings, activation)
    assert (news["added"], news["held_by_destination"], news["coverage/email"]) == (4, 4, 1.0)
    assert (quiet["status"], quiet["added"], quiet["held_by_destination"]) == ("unchanged", 0, 4)
    for told in (news, quiet):
        table = told["preview"]
        assert [record.data["column"] for record in table.records] == ["EMAIL", "FIRSTNAME", "LASTNAME"]
        assert "p***@***" in str(table.records) and told["last_exports"].records[0].data["rows"] == 4
        assert not any(word in str(told) for word in ("person000", "example.com", "Zoé", "O'Brien"))


def test_nothing_is_shown_of_what_is_gone(shop: Shop) -> None:
    """Retention takes old folders away: a page must not fail for want of them."""
    shop.fill(people(2))
    activation = shop.activation("brevo")
    result = shop.run(activation)
    assert result.folder and newest_preview(shop.settings, activation)
    (result.folder / "add.csv").unlink()
    assert newest_preview(shop.settings, activation) == []
    (result.folder / "manifest.json").write_text("{")
    assert newest_preview(shop.settings, activation) == [] == recent_exports(shop.settings, activation)
    for path in result.folder.iterdir():
        path.unlink()
    assert newest_preview(shop.settings, activation) == [] == recent_exports(shop.settings, activation)


def test_the_first_of_a_group_is_exported_first(shop: Shop) -> None:
    """Made in the other order, a person would stand in both lists until the next run; as one that waits for the other, the second
    could not even remove anybody after a failed check of the first."""
    first = shop.activation("brevo", name="first", exclusive="mails")
    second = shop.activation("brevo", name="second", exclusive="mails", rivals=(("first", "brevo"),))
    later, earlier = activation_assets([second, first])
    ranks = [int(asset.op.tags["dagster/priority"]) for asset in (earlier, later)]
    assert ranks[0] > ranks[1]
    (needed,) = later.asset_deps.values()
    assert AssetKey(["activations", "first"]) not in needed
