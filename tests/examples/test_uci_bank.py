"""45,211 telephone leads of a bank and who of them said yes (UCI Bank Marketing; S. Moro, P. Cortez, P. Rita, CC BY 4.0)."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.control import Run, write_control
from dagster_project.dbt_run import dbt_build
from dagster_project.dbt_workspace import prepare_workspace
from dagster_project.errors import RelanceError
from dagster_project.loads.load import load_landing
from dagster_project.loads.normalise import normalise_identifiers
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse

CONFIG = "company: {name: A bank, currency: EUR, timezone: Europe/Lisbon, country: PT}\n"
FIRST, LAST = datetime(2008, 5, 1), datetime(2010, 11, 30)
Card = dict[str, Any]


@pytest.fixture(scope="session")
def card(uci_bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Card:
    """The card of the model that learnt from them; they came in the order of the file's rows."""
    folder = tmp_path_factory.mktemp("uci_bank")
    (folder / "relance.yml").write_text(CONFIG, encoding="utf-8")
    _land(uci_bank, folder / "landing" / "generic" / "leads")
    settings = load_settings(folder)
    with open_warehouse(settings) as con:
        load_landing(settings, con)
        normalise_identifiers(con, settings)
        write_control(con, settings, Run("test", settings.moment("2011-01-15")))
    results = dbt_build(prepare_workspace(settings), select=["+model_cards"])
    assert results.success, [node.name for node in results.nodes if not node.held]
    with open_warehouse(settings, read_only=True) as con:
        found = con.execute("select * from scores.model_cards where model = 'lead_converts'")
        names = [column[0] for column in found.description]
        return dict(zip(names, found.fetchone() or (), strict=True))


def _land(data: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    with gzip.open(data, "rt", encoding="utf-8") as file, (folder / "leads.csv").open("w", encoding="utf-8", newline="") as out:
        rows = list(csv.DictReader(file, delimiter=";"))
        writer = csv.DictWriter(out, ["lead_id", "created_at", "converted_at", *(name for name in rows[0] if name != "y")])
        writer.writeheader()
        for number, row in enumerate(rows):
            at = FIRST + (LAST - FIRST) * number / len(rows)
            yes = (at + timedelta(days=5)).isoformat() if row.pop("y") == "yes" else ""
            writer.writerow({"lead_id": f"L{number}", "created_at": at.isoformat(), "converted_at": yes, **row})


def test_people_and_times_not_seen(card: Card) -> None:
    """What others reach on these leads without the length of the call; less means that something there is to be learnt is not."""
    assert card["random_auc"] >= 0.79 and card["random_lift"] >= 4.2
    assert card["time_auc"] >= 0.74
    assert card["random_brier"] < card["random_brier_base"] and 0.9 < card["random_slope"] < 1.1


def test_what_is_known_after_the_call_is_refused(card: Card, tmp_path: Path) -> None:
    """With its length the AUC is 0.93, and worth nothing: it is known once the answer is."""
    assert "trait.duration" in card["left_out"]
    (tmp_path / "landing").mkdir()
    (tmp_path / "relance.yml").write_text(CONFIG + "scores: {predictions: {features: [age, duration]}}\n", encoding="utf-8")
    with pytest.raises(RelanceError, match=r"`duration`.*known only after the call"):
        prepare_workspace(load_settings(tmp_path))
