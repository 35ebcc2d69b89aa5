"""`relance check`: what it says of mistakes, of strays and of landed files."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.settings import Settings

from .conftest import COMPANY, refused, relance

MAPPED = COMPANY + "sources:\n  generic:\n    orders:\n      columns:\n        order_id: nr\n        total: betrag\n"
AUDIENCE = """models:
  - name: {name}
    description: Somebody.
    config:
      meta:
        audience: {{kind: retargeting, window_days: {window}, owner: crm{extra}}}
"""


def test_check_says_every_mistake_at_once(folder: Path):
    """A mistake in a YAML must show before a run, with file and line, together with all others."""
    (folder / "audiences").mkdir()
    (folder / "audiences" / "lost_baskets.yml").write_text(AUDIENCE.format(name="lost_baskets", window=-3, extra=""))
    (folder / "audiences" / "ghosts.yml").write_text(AUDIENCE.format(name="ghosts", window=30, extra=", colour: red"))
    (folder / "audiences" / "no_yaml.sql").write_text("select 1")
    result = relance("check", "--config", folder)
    refused(result, "lost_baskets.yml:6", "ghosts.yml:6", "audience.colour", "`no_yaml` has no YAML")


def test_check_tells_an_audience_without_a_model(folder: Path):
    """An audience YAML that names no model would otherwise be an audience that never has members."""
    (folder / "audiences").mkdir()
    (folder / "audiences" / "cart_abandonners.yml").write_text(AUDIENCE.format(name="cart_abandonners", window=30, extra=""))
    result = relance("check", "--config", folder)
    refused(result, "cart_abandonners.yml:2", "does not exist", "did you mean `cart_abandoners`")


def test_check_tells_a_circle_of_exclusions(folder: Path):
    """Two audiences that leave each other out have nobody who meets both, and neither file says why."""
    (folder / "audiences").mkdir()
    for name, other in (("baskets", "viewers"), ("viewers", "baskets")):
        (folder / "audiences" / f"{name}.yml").write_text(
            AUDIENCE.format(name=name, window=30, extra=f", exclusions: [no_consent, {other}]")
        )
        (folder / "audiences" / f"{name}.sql").write_text("select 1")
    refused(relance("check", "--config", folder), "baskets.yml:6", "baskets → viewers → baskets", "`exclusive` group")


def test_no_run_starts_on_a_column_that_nobody_has(folder: Path):
    """A mistyped column would fail at the end of a run, after everything else was built, and nothing would leave."""
    (folder / "audiences").mkdir()
    (folder / "audiences" / "rich.yml").write_text(AUDIENCE.format(name="rich", window=30, extra=""))
    (folder / "audiences" / "rich.sql").write_text(
        "{{ audience_candidates(\n    people=ref('profiles'),\n    clauses={'spends': 'net_revenu > 500'},\n) }}\n"
    )
    refused(relance("run", "--config", folder), "rich.sql:3", "`net_revenu`", "net_revenue")
    assert not (folder / "warehouse.duckdb").exists()


def test_check_tells_what_a_model_of_an_audience_lacks(folder: Path):
    """An option that the YAML forgot, or a model that is no audience, would fail a run when everything else is built."""
    (folder / "audiences").mkdir()
    (folder / "audiences" / "rich.yml").write_text(AUDIENCE.format(name="rich", window=30, extra=", options: {most: 9}"))
    (folder / "audiences" / "rich.sql").write_text(
        "{{ audience_candidates(people=ref('profiles'), clauses={'a': ['net_revenue', '>', option('least')]}) }}\n"
    )
    (folder / "audiences" / "poor.yml").write_text(AUDIENCE.format(name="poor", window=30, extra=""))
    (folder / "audiences" / "poor.sql").write_text("select profile_id, 'a' as clauses from {{ ref('profiles') }}\n")
    result = relance("check", "--config", folder)
    refused(result, "rich.yml:6", "option `least`", "add it to `options`")
    refused(result, "poor.sql", "lacks the columns clauses_met, blocked_by", "audience_candidates")


def test_check_tells_an_activation_of_an_unknown_audience(folder: Path):
    """An activation of a mistyped audience must not quietly export nobody."""
    (folder / "activations").mkdir()
    (folder / "activations" / "mine.yml").write_text(
        "name: mine\ndescription: Mine.\ndestination: brevo\naudience: win_bak\nmode: full\nmatch_keys: [email]\n"
    )
    refused(relance("check", "--config", folder), "mine.yml:4", "win_bak", "did you mean `win_back`")


def test_check_tells_a_seed_without_a_column(folder: Path):
    """A seed that lacks a column would fail a model half a minute later, and the model would be blamed."""
    (folder / "seeds").mkdir()
    (folder / "seeds" / "rfm_segments.csv").write_text("r,f,segmnt\n1,1,lost\n")
    for command in ("check", "run"):
        refused(relance(command, "--config", folder), "rfm_segments.csv:1", "segment")


def test_check_of_a_sound_project(folder: Path):
    """A project without mistakes must be told apart from one that was not read."""
    result = relance("check", "--config", folder)
    assert result.exit_code == 0, result.output
    assert "No mistakes." in result.output
    assert not (folder / "warehouse.duckdb").exists()


MISTAKES = (
    COMPANY.replace("EUR", "EURO")
    + """warehose: {}
order_precedence: [shopify, magento, segmnt]
sources:
  shopfy:
    order: {files: x.csv}
  generic:
    timezon: UTC
    ordres: {files: y.csv}
    orders:
      columns: {ordr_id: nr, note.x: n}
      constants: {curency: EUR}
      colums: {total: betrag}
    events:
      columns:
        properties.a: a
        properties.a.b: b
        properties..c: c
        event: name
      constants: {event: x}
      values:
        context.b: {a: b}
        shoe_size: {a: b}
"""
)


def test_check_says_every_mistake_of_relance_yml_with_its_line(folder: Path):
    """Six mistakes in mappings told one a run, and without a line, cost six runs and a search each. Strays and what is wrong
    elsewhere must not wait until relance.yml is right."""
    (folder / "relance.yml").write_text(MISTAKES)
    (folder / "landing/generic/wishes").mkdir(parents=True)
    (folder / "landing/generic/wishes/w.csv").write_text("a\n1\n")
    (folder / "audiences").mkdir()
    (folder / "audiences" / "no_yaml.sql").write_text("select 1")
    result = relance("check", "--config", folder)
    told = {
        1: ["company.currency"],
        2: ["`warehose`", "did you mean `warehouse`"],
        3: ["no source `magento`", "no source `segmnt` (did you mean `segment`?)"],
        5: ["no source `shopfy` (did you mean `shopify`?)"],
        8: ["has no entity `timezon` (did you mean `timezone`?)"],
        9: ["has no entity `ordres` (did you mean `orders`?)"],
        11: ["no column `ordr_id` (did you mean `order_id`?)", "`note.x` does not name a key of a JSON column"],
        12: ["no column `curency` (did you mean `currency`?)"],
        13: ["did you mean `columns`"],
        17: ["`properties.a.b` lies inside `properties.a`"],
        18: ["`properties..c` names no key"],
        20: ["`event` stands under `columns` and under `constants`"],
        22: ["`context.b`, which neither `columns` nor `constants` fills"],
        23: ["`shoe_size`, which neither `columns` nor `constants` fills"],
    }
    refused(result, "`no_yaml` has no YAML", "Warning: generic/wishes/w.csv is not loaded")
    lines = result.output.splitlines()
    for number, texts in told.items():
        for text in texts:
            assert any(text in line and f"relance.yml:{number}." in line for line in lines), (number, text, result.output)


def test_check_tells_no_mistake_that_is_the_echo_of_another(folder: Path):
    """A source that is told wrongly is passed over; the columns that its files then seem to lack would be a false trail."""
    (folder / "landing/generic/orders").mkdir(parents=True)
    (folder / "landing/generic/orders/a.csv").write_text("nr,ordered_at,betrag\n1,2026-01-31,5\n")
    (folder / "relance.yml").write_text(MAPPED + "        curency: c\n      pull: {rest_api: {base_url: https://a.example}}\n")
    told = relance("check", "--config", folder).output
    assert "curency" in told and "`sources.generic.orders.pull.rest_api.paginator` is missing" in told
    assert "Nothing in the file" not in told and "either `rest_api` or" not in told


def test_check_names_every_variable_without_a_value(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """On a new machine all variables are missing at once; one a run is a morning."""
    monkeypatch.delenv("NO_SUCH_A", raising=False)
    (folder / "relance.yml").write_text(COMPANY + "landing: ${NO_SUCH_A}\nreport: {path: '${NO_SUCH_B}'}\n")
    refused(relance("check", "--config", folder), "NO_SUCH_A", "relance.yml:2", "NO_SUCH_B", "relance.yml:3")
    (folder / "relance.yml").write_text(COMPANY + "report: {path: ${NO_SUCH_B}}\n")
    refused(relance("check", "--config", folder), "relance.yml:2", 'write "${NAME}" in quotes')


@pytest.mark.parametrize("command", ["check", "audiences", "report"])
def test_questions_load_neither_dagster_nor_dbt(demo: Settings, command: str):
    """Their imports take seconds, which a person who only asks would wait for each time; pandas alone doubles a check."""
    asked = f"""
import sys
from dagster_project.cli import main
try:
    main([{command!r}, "--config", {str(demo.base)!r}])
except SystemExit:
    pass
print("heavy:", sorted({{"dagster", "dbt", "great_expectations", "dlt", "splink", "pandas"}} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert "heavy: []" in told


def test_check_looks_into_landed_files(folder: Path):
    """Columns that are not there must show before a run has put every row into quarantine; all at once."""
    landing = folder / "landing/generic"
    (landing / "orders").mkdir(parents=True)
    (folder / "relance.yml").write_text(MAPPED)
    (landing / "orders/2026-01-01.csv").write_text("nr,ordered_at,betrag\n1,2026-01-31,5\n")
    (landing / "orders/2026-01-02.csv").write_text("nr,ordered_at,betraege\n1,2026-01-31,5\n")
    (landing / "orders/x.json").write_text("{}")
    (landing / "events").mkdir()
    (landing / "events/e.ndjson").write_text('{"type": "page", "when": "2026-01-31"}\n')
    (landing / "contacts").mkdir()
    (landing / "contacts/c.csv").write_text("7,ann@example.com,Ann\n")
    (landing / "leads").mkdir()
    pq.write_table(pa.table({"id": ["1"]}), landing / "leads/l.parquet")
    (landing / "reviews").mkdir()
    (landing / "reviews/r.parquet").write_text("no")
    (landing / "calls").mkdir()
    (landing / "calls/c.csv.gz").write_bytes(b"no")
    result = relance("check", "--config", folder)
    refused(
        result,
        "relance.yml:7", "`betrag` for generic.orders", "did you mean `betraege`",
        "`message_id`, `timestamp` of generic.events", "`contact_id` of generic.contacts", "is hardly one of generic.contacts",
        "`lead_id`, `created_at` of generic.leads", "not a Parquet file", "not a gzip file",
    )  # fmt: skip
    assert "2026-01-01" not in result.output and "ann@" not in result.output
    assert not (folder / "warehouse.duckdb").exists()


def test_check_tells_a_typo_in_a_key(folder: Path):
    """As a column that "nothing fills", a mistyped key sends its reader to the wrong place."""
    (folder / "relance.yml").write_text(
        COMPANY + "sources:\n  generic:\n    surveys:\n      key: [respons_id]\n      columns: {wave: vague}\n"
    )
    (folder / "landing/generic/surveys").mkdir(parents=True)
    (folder / "landing/generic/surveys/a.csv").write_text("response_id,score,answered_at,wave,vague\nR1,5,2026-01-01,x,y\n")
    result = relance("check", "--config", folder)
    refused(result, "takes `respons_id`, which neither", "did you mean `response_id`?", "relance.yml:5", "own `wave` is not kept")
    assert "Nothing in the file" not in result.output


@pytest.mark.parametrize("mistake", ["as_of: 2026-02-30\n", "report: {path: {{ F }}}\n", "sources: &s\n  generic: *s\n"])
def test_check_of_yaml_that_breaks_its_reader(folder: Path, mistake: str):
    """A slip that PyYAML itself stumbles over ended in its traceback."""
    (folder / "relance.yml").write_text(COMPANY + mistake)
    refused(relance("check", "--config", folder), "relance.yml:")


def test_check_of_sound_files(folder: Path):
    """Sound files of every format must pass, and a key that JSON may leave out is no mistake."""
    landing = folder / "landing/generic"
    (landing / "orders").mkdir(parents=True)
    mapped = MAPPED + "    events:\n      columns: {user_id: seldom}\n"
    (folder / "relance.yml").write_text(mapped)
    (landing / "orders/z.csv.gz").write_bytes(gzip.compress("nr;ordered_at;betrag\n1;2026-01-31;5\n".encode("utf-16")))
    (landing / "orders/empty.csv").write_text("")
    (landing / "orders/a.csv").write_text("nr,ordered_at,betrag\n")
    (landing / "events").mkdir()
    (landing / "events/e.ndjson").write_text('{broken\n{"messageId": "1", "type": "page", "timestamp": "2026-01-31"}\n')
    (landing / "events/x.json").write_text("{}")
    result = relance("check", "--config", folder)
    assert result.exit_code == 0, result.output
    assert "Warning: relance.yml takes `seldom`" in result.output and "x.json is not loaded" in result.output
