"""relance.yml: what it may say, and how it tells mistakes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.config_file import read_config_file
from dagster_project.errors import RelanceError
from dagster_project.settings import load_settings, read_settings

COMPANY = "company: {name: Shop, currency: EUR, timezone: Europe/Paris, country: FR}\n"


@pytest.fixture
def project(tmp_path: Path):
    (tmp_path / "landing").mkdir()

    def write(text: str) -> Path:
        path = tmp_path / "relance.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_defaults_need_only_the_company(project):
    """A newcomer who states their company alone gets a working project."""
    settings = load_settings(project(COMPANY))
    assert settings.warehouse_path == settings.base / "warehouse.duckdb"
    assert settings.landing_path == settings.base / "landing"


def test_every_mistake_is_told_at_once_with_its_line(project):
    """Mending one mistake a run, five times over, is what a validator must spare its reader."""
    text = "company: {name: S, currency: EURO, timezone: Mars, country: FR}\nwarehose: {}\n"
    text += "warehouse:\n  pth: x\nwindows: {carts: -3}\n"
    path = project(text)
    with pytest.raises(RelanceError) as caught:
        load_settings(path)
    told = str(caught.value)
    for expected in (
        "5 mistakes", "company.currency", "company.timezone", f"{path}:2", "did you mean `warehouse`",
        f"{path}:4", "did you mean `path`", f"{path}:5",
    ):  # fmt: skip
        assert expected in told


def test_missing_landing_folder_is_told(project, tmp_path):
    """A mistyped landing folder must not look like a company without data."""
    with pytest.raises(RelanceError, match="landing folder does not exist"):
        load_settings(project(COMPANY + "landing: nowhere\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("company: [", "not valid YAML"),
        ("- a\n- b\n", "should hold `key: value` lines"),
        (COMPANY + COMPANY, "stands twice"),
        (COMPANY + "landing: ${NO_SUCH_VARIABLE_HERE}\n", "NO_SUCH_VARIABLE_HERE has no value"),
        ("", "The key `company` is missing"),
    ],
)
def test_unreadable_files_are_told(project, text, expected):
    """Whatever is wrong with the file, one message names the file and the cure."""
    path = project(text)
    with pytest.raises(RelanceError, match="(?s)" + expected) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)


def test_missing_file_is_told(tmp_path):
    """A path that does not exist is the commonest mistake of all."""
    with pytest.raises(RelanceError, match="does not exist"):
        load_settings(tmp_path / "nothing.yml")


def test_norway_is_a_country_and_a_colon_no_number(project):
    """YAML 1.1 reads NO as false and 12:30 as 750; people's settings must survive that."""
    path = project("company: {name: 12:30, currency: NOK, timezone: Europe/Oslo, country: NO}\n")
    settings = load_settings(path)
    assert (settings.company.country, settings.company.name) == ("NO", "12:30")


def test_environment_variables_with_defaults(project, monkeypatch, tmp_path):
    """Secrets and machine-specific folders stay out of the file."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("RELANCE_TEST_LANDING", "elsewhere")
    settings = load_settings(
        project(COMPANY + "landing: ${RELANCE_TEST_LANDING}\nwarehouse: {path: '${RELANCE_TEST_NONE:-w.duckdb}'}\n")
    )
    assert settings.landing_path == tmp_path / "elsewhere"
    assert settings.warehouse_path == tmp_path / "w.duckdb"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-06-30", datetime(2026, 6, 30, 22)),  # the end of the day in Paris, summer time
        ("2026-03-29", datetime(2026, 3, 29, 22)),  # the day that has 23 hours
        ("2026-01-31", datetime(2026, 1, 31, 23)),
        ("2026-06-30T14:00:59", datetime(2026, 6, 30, 12)),  # no zone: the company's; floored to the minute
        ("2026-06-30T14:00+00:00", datetime(2026, 6, 30, 14)),
    ],
)
def test_as_of_is_a_moment_in_utc(project, as_of, expected):
    """A day off by the zone moves every window of every audience."""
    assert load_settings(project(COMPANY)).moment(as_of) == expected


def test_as_of_that_is_no_date_is_told(project):
    """A mistyped date must not silently mean now."""
    with pytest.raises(RelanceError, match="neither a date nor a timestamp"):
        load_settings(project(COMPANY)).moment("30/06/2026")


def test_sources_map_entities_without_a_level_between(project):
    """Marketers write sources.<source>.<entity>; a mistake below is still found at its line."""
    text = COMPANY + "sources:\n  generic:\n    timezone: UTC\n    events:\n      files: x.csv\n      columns: {message_id: id}\n"
    settings = load_settings(project(text))
    assert settings.sources["generic"].entities["events"].columns == {"message_id": "id"}
    path = project(text.replace("columns", "colums"))
    with pytest.raises(RelanceError, match=f"{path}:7") as error:
        load_settings(path)
    assert "`sources.generic.events.colums`" in str(error.value), "a path that stands in no file helps nobody"


keys = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers(-1000, 1000) | keys
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12)


@given(st.dictionaries(keys, trees, max_size=4))
def test_any_yaml_gives_settings_or_one_message(tmp_path_factory, data):
    """No YAML, however odd, may end in a traceback."""
    path = tmp_path_factory.mktemp("odd") / "relance.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        load_settings(path)
    except RelanceError as error:
        assert str(path) in str(error)


pieces = st.sampled_from([
    "company", "as_of", "landing", "sources", "report", "path", "generic", "surveys", "constants", "values", "files", "key",
    "score", ": ", ":\n  ", "\n", "\n  ", "\n    ", "- ", "? ", "{", "}", "[", "]", ", ", "&a ", "*a", "<<", "'", '"', "#",
    "---\n", "|", "~", "!!int ", "!!timestamp ", "!!set ", "!!omap ", "!!binary ", "!!bool ", "!!float ", "!!merge ", "!x ",
    "2026-02-30", "1.", "9" * 5000, "2026-01-01T25:00:00Z", "${NOPE}", "${A:-b}", "\t", "\0", "\x07", "\u2028", "\ufeff",
    "x" * 5000, "[" * 400, COMPANY,
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces | st.text(max_size=4), max_size=25).map("".join))
def test_any_text_gives_settings_or_one_message(tmp_path_factory, text):
    """PyYAML fails in errors of every kind, and what stands in a file by mistake is seldom sound YAML."""
    path = tmp_path_factory.mktemp("text") / "relance.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_settings(path)
    except RelanceError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("as_of: 2026-02-30\n", 2, "no timestamp that exists"),
        ("as_of: yesterday\n", 2, "should be a date or a timestamp"),
        ("report: {path: {{ FOLDER }}}\n", 2, "A key is no single word"),
        ("? [a, b]\n: c\n", 2, "A key is no single word"),
        ("sources: &s\n  generic: *s\n", 3, "leads back into"),
        ("report: " + "[" * 60 + "]" * 60 + "\n", 2, "too many levels"),
        ("report: " + "[" * 3000 + "\n", None, "too many levels"),
        ("\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))]), None, "entries"),
        ("landing: a\x07b\n", 2, "can't be printed"),
        ("landing: " + "x" * 5000 + "\n", 2, "landing folder does not exist"),
        ("sources: {generic: {surveys: {constants: {score: abc}}}}\n", 2, "`score` is no decimal"),
        ("sources: {generic: {surveys: {constants: {score: }}}}\n", 2, "should be a text, a number"),
        ("sources: {generic: {surveys: {values: {score: {1.50: 2}}}}}\n", 2, "should stand in quotes"),
        ("sources: {generic: {surveys: {key: []}}}\n", 2, "surveys.key"),
        ("sources: {generic: {surveys: {files: ''}}}\n", 2, "surveys.files"),
    ],
)
def test_mistakes_of_every_kind_are_one_message_with_a_line(project, text, line, told):
    """A traceback of the YAML reader, or four messages for one slip, tell a marketer nothing."""
    path = project(COMPANY + text)
    with pytest.raises(RelanceError) as caught:
        load_settings(path)
    assert told in str(caught.value) and not caught.value.mistakes
    assert f"{path}:{line}" in str(caught.value) or line is None


def test_what_is_sound_beside_a_mistake_is_kept(project, tmp_path):
    """Without a company, or with one source that is none, all the rest was dropped and told as missing."""
    (tmp_path / "landing").rename(tmp_path / "data")
    rest = "landing: data\nsources: {shopify: foo, generic: {orders: {columns: {total: t}}}}\n"
    settings, mistakes = read_settings(project(rest))
    assert [at for at, _ in mistakes] == [("company",), ("sources", "shopify")]
    assert settings.landing_path == tmp_path / "data"
    assert settings.sources["generic"].entities["orders"].columns == {"total": "t"}


def test_lines_are_those_of_the_file(tmp_path):
    """An error that points at the wrong line is worse than none."""
    path = tmp_path / "some.yml"
    path.write_text("a:\n  - 1\n  - b: 2\n    c: 3\n", encoding="utf-8")
    file = read_config_file(path)
    assert file.where(("a", 1, "c")) == f"{path}:4"
    assert file.where(("a", 1, "unknown")) == f"{path}:3"


def test_traffic_takes_networks_and_domains_as_people_write_them(project):
    """An office's address or an @ before the domain must work as it is noted down."""
    text = "traffic: {internal_networks: [203.0.113.9/24, '2001:DB8::1', 198.51.100.7], staff_domains: ['@Example.com']}\n"
    traffic = load_settings(project(COMPANY + text)).traffic
    assert traffic.internal_networks == ["203.0.113.0/24", "2001:db8::1/128", "198.51.100.7/32"]
    assert traffic.staff_domains == ["example.com"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("internal_networks: [office]", "no network in CIDR notation"),
        ("internal_networks: [10.0.0.0/33]", "no network in CIDR notation"),
        ("internal_networks: ['::/0']", "the whole internet"),
        ("staff_domains: [bob@example.com]", "no domain of e-mail addresses"),
        ("staff_domains: [com]", "no domain of e-mail addresses"),
        ("max_events_per_minute: 0", "greater than or equal to 10"),
    ],
)
def test_mistakes_in_traffic_are_told_with_their_line(project, text, told):
    """A mistyped network would leave the office among the customers, or every customer out."""
    path = project(COMPANY + f"traffic:\n  {text}\n")
    with pytest.raises(RelanceError) as caught:
        load_settings(path)
    assert told in str(caught.value) and f"{path}:3" in str(caught.value)
