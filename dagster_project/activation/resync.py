"""`relance resync`: what a destination holds is no longer known there, so the next export tells all of it anew."""

from __future__ import annotations

from datetime import UTC, datetime

from dagster_project.activation.activations import Activation
from dagster_project.activation.feeds import load_feeds
from dagster_project.activation.reconcile import reconcile
from dagster_project.activation.resync_journal import ask
from dagster_project.audiences import load_audiences
from dagster_project.config_file import near_miss
from dagster_project.errors import RelanceError
from dagster_project.sequences import load_exports
from dagster_project.settings import Settings
from dagster_project.warehouse import open_warehouse, run_lock


def resync(settings: Settings, name: str) -> str:
    """Ask for everything of an activation or a feed to be told anew, by its next export.

    Returns:
        What will happen, in a sentence.

    Raises:
        RelanceError: nothing of that name runs; it sends what is sent once; another command of this project is running.
    """
    destination = _destination_of(settings, name)
    with run_lock(settings), open_warehouse(settings) as con:
        reconcile(con, settings)
        sent = con.execute(
            "select 1 from activation.ledger where activation = ? and destination = ? limit 1", [name, destination]
        )
        if sent.fetchone() is None:
            return f"{name} has sent nothing to {destination} yet: its next export sends everything anyway."
        is_new = ask(con, name, destination, datetime.now(UTC).replace(tzinfo=None, microsecond=0))
    told = f"The next `relance run` tells {destination} all of {name} anew: every addition, and every removal there ever was."
    return told if is_new else f"{told} It was asked for before."


def _destination_of(settings: Settings, name: str) -> str:
    activations, sequences = load_exports(settings, load_audiences(settings))
    running = [*activations, *(sequence.activation for sequence in sequences)]
    running += load_feeds(settings, running)
    known = {each.name: each.destination.name for each in running if not _sent_once(each)}
    if name in known:
        return known[name]
    if any(each.name == name for each in running):
        what = f"What `{name}` sends is sent once: a second time it would be another message, or another conversion"
        raise RelanceError(what, "relance resync", f"name one of {', '.join(known)}")
    raise RelanceError(f"No activation `{name}` runs{near_miss(name, known)}", "relance resync", f"known: {', '.join(known)}")


def _sent_once(activation: Activation) -> bool:
    records = activation.destination.records
    return activation.sequence or (records is not None and records.changed == "kept")
