"""Exports reach a real SFTP server, an S3 store and a folder: whole, in order, once, and again after the server has gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from activation_shop import Shop, people

from dagster_project.activation import delivery, delivery_store
from dagster_project.activation.acknowledge import _place as place_named
from dagster_project.activation.delivery import deliver, undelivered, wrong_deliveries
from dagster_project.activation.reconcile import reconcile
from dagster_project.errors import RelanceError
from dagster_project.settings import Activations, load_settings
from tests.servers import PASSWORD, SftpServer

pytestmark = pytest.mark.usefixtures("unchecked", "soon")
META = "meta_custom_audience"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their waits."""
    monkeypatch.setattr(delivery_store, "WAITS", (0.0, 0.0))
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "server").mkdir()
    server = SftpServer(tmp_path / "server").start()
    yield server
    server.stop()


def to(shop: Shop, url: str, **options: Any) -> None:
    """Let all exports of the shop be delivered there."""
    target = {"url": url, "options": options}
    activations = Activations.model_validate({"delivery": {"default": target}})
    shop.settings = shop.settings.model_copy(update={"activations": activations})


def by_sftp(shop: Shop, server: SftpServer, **options: Any) -> None:
    access = {"username": "relance", "password": PASSWORD, "host_key": server.host_key}
    to(shop, f"sftp://127.0.0.1:{server.port}/", **(access | options))


def exported(shop: Shop, *starts: int) -> None:
    """One export per start: six people from there on, so each leaves and lets join some."""
    for start in starts:
        shop.fill(people(6, start=start))
        assert shop.run().folder


def sent(shop: Shop) -> Any:
    return deliver(shop.con, shop.settings, "test", META)


def waiting(shop: Shop) -> list[str]:
    return undelivered(shop.con, "test", META)


def there(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(server: SftpServer) -> list[str]:
    """What arrived, as run/file."""
    return ["/".join(path.split("/")[-2:]) for path in server.arrived]


def made(shop: Shop) -> dict[str, bytes]:
    """The exports as they were delivered: the manifest says since then that it was."""
    return {path: content for path, content in shop.tree().items() if path.endswith(".csv")}


@dataclass
class Bucket:
    """Where an S3 delivery goes."""

    endpoint: str
    client: Any

    def content(self) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket="shop", Prefix="out/").get("Contents", [])
        return {
            each["Key"].removeprefix("out/"): self.client.get_object(Bucket="shop", Key=each["Key"])["Body"].read()
            for each in listed
        }


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket="shop")
    yield Bucket(endpoint, client)
    server.stop()


def test_sftp_gets_every_export_in_order_the_manifest_last(shop: Shop, sftp: SftpServer) -> None:
    """A receiver who takes half an export, or today's before yesterday's, leaves people on lists that they have left."""
    by_sftp(shop, sftp)
    exported(shop, 0, 2)
    done = sent(shop)
    assert (done.exports, done.files) == (2, 3)
    assert names(sftp) == ["run1/add.csv", "run1/manifest.json", "run2/remove.csv", "run2/add.csv", "run2/manifest.json"]
    delivered = there(sftp.folder)
    assert {path: content for path, content in delivered.items() if path.endswith(".csv")} == made(shop)
    assert len(delivered) == 5
    assert shop.con.execute("select count(*) from activation.ledger where delivered_at is null").fetchone() == (0,)


def test_a_delivery_begins_with_what_comes_after_it(shop: Shop, sftp: SftpServer) -> None:
    """Exports that somebody has uploaded by hand would be sent once more on the day a delivery is configured, messages and
    conversions twice."""
    exported(shop, 0)
    by_sftp(shop, sftp)
    assert waiting(shop) == []
    exported(shop, 2)
    assert sent(shop).exports == 1


def test_what_was_delivered_is_not_sent_again(shop: Shop, sftp: SftpServer) -> None:
    """A receiver that takes files away would get, and apply, the same export each morning."""
    by_sftp(shop, sftp)
    exported(shop, 0)
    sent(shop)
    for path in sftp.folder.rglob("*.csv"):
        path.unlink()
    assert (sent(shop).exports, len(names(sftp))) == (0, 2)


def test_s3_gets_whole_objects(shop: Shop, bucket: Bucket) -> None:
    """The commonest place of all, by its own protocol."""
    to(shop, "s3://shop/out", key="k", secret="s", client_kwargs={"endpoint_url": bucket.endpoint, "region_name": "us-east-1"})
    exported(shop, 0, 2)
    assert sent(shop).exports == 2
    content = bucket.content()
    assert {path: body for path, body in content.items() if path.endswith(".csv")} == made(shop)
    assert sum(path.endswith("manifest.json") for path in content) == 2
    exported(shop, 3)
    assert sent(shop).exports == 1


def test_a_folder_by_url_is_the_owner_s_alone(shop: Shop, tmp_path: Path) -> None:
    """A mounted share holds the same personal data as the exports folder."""
    to(shop, f"file://{tmp_path}/share")
    exported(shop, 0)
    sent(shop)
    assert sum(path.endswith(".csv") for path in there(tmp_path / "share")) == 1
    for path in (tmp_path / "share").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("after", [0, 100, 1000])
def test_a_server_that_goes_away_is_told_once_and_the_next_run_finishes(shop: Shop, sftp: SftpServer, after: int) -> None:
    """Half a file under its own name would be taken for all of it; a removal that never arrives is a person on a list."""
    by_sftp(shop, sftp)
    exported(shop, 0, 2, 3)
    sftp.bytes_left = after
    with pytest.raises(RelanceError, match="can't be delivered") as caught:
        sent(shop)
    assert PASSWORD not in str(caught.value) and "next run delivers what is missing" in str(caught.value)
    before = there(sftp.folder)
    whole = made(shop)
    assert all(content == whole[path] for path, content in before.items() if path.endswith(".csv") and "/." not in path)
    sftp.start()
    sent(shop)
    assert waiting(shop) == []
    assert {path: content for path, content in there(sftp.folder).items() if path.endswith(".csv")} == whole
    assert not [path for path in there(sftp.folder) if path.endswith(".part")]


def test_a_server_that_is_down_is_waited_for_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty destinations behind one server would each wait for it, and the run with them."""
    tried: list[str] = []

    def closed(place: Any) -> Any:
        tried.append(place.url)
        raise ConnectionRefusedError(111, "Connection refused")

    to(shop, "sftp://one.example/")
    exported(shop, 0)
    with monkeypatch.context() as patch:
        patch.setattr(delivery_store, "open_place", closed)
        patch.setattr(delivery_store, "_gave_up", {})
        for url, attempts in (("sftp://one.example/", 3), ("sftp://one.example/", 1), ("sftp://other.example/", 3)):
            to(shop, url)
            tried.clear()
            with pytest.raises(RelanceError, match="Connection refused"):
                sent(shop)
            assert tried == [url] * attempts


def test_files_that_have_arrived_are_not_sent_twice_after_a_break(shop: Shop, sftp: SftpServer) -> None:
    """A million rows take a while: what is there needs no second way."""
    by_sftp(shop, sftp)
    shop.fill(people(250))
    shop.run(shop.activation(max_rows=100))
    sftp.refuses = ("add-003.csv",)
    with pytest.raises(RelanceError):
        sent(shop)
    sftp.refuses, sftp.arrived = (), []
    assert sent(shop).files == 1
    assert names(sftp) == ["run1/add-003.csv", "run1/manifest.json"]


def test_a_removal_does_not_wait_for_an_addition_that_can_t_be_sent(shop: Shop, sftp: SftpServer) -> None:
    """A file that the server refuses must keep nobody on a list; once it does arrive, what came after it comes after it again."""
    by_sftp(shop, sftp)
    exported(shop, 0, 2, 3)
    sftp.refuses = ("add.csv",)
    with pytest.raises(RelanceError, match=r"run1/add.csv. can't be delivered"):
        sent(shop)
    assert names(sftp) == ["run2/remove.csv", "run3/remove.csv"]
    sftp.refuses, sftp.arrived = (), []
    sent(shop)
    assert names(sftp) == [
        "run1/add.csv", "run1/manifest.json", "run2/remove.csv", "run2/add.csv", "run2/manifest.json",
        "run3/remove.csv", "run3/add.csv", "run3/manifest.json",
    ]  # fmt: skip


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes() + b"x")])
def test_a_damaged_file_stays_and_can_be_passed_over(shop: Shop, sftp: SftpServer, spoil: Callable[[Path], None]) -> None:
    """What is not what its manifest says must not leave, nor hold up all that comes after it for ever."""
    by_sftp(shop, sftp)
    exported(shop, 0, 2)
    (first,) = shop.exports.glob(f"{META}/test/*/run1/add.csv")
    spoil(first)
    with pytest.raises(RelanceError, match=r"not what its manifest says.*relance ack .*/run1`.*relance resync test"):
        sent(shop)
    assert names(sftp) == ["run2/remove.csv"]
    place = place_named(shop.settings, str(first.parent))
    shop.con.execute("update activation.ledger set acknowledged_at = now()::timestamp where starts_with(file, ?)", [place])
    assert sent(shop).exports == 1


def test_a_crash_before_the_ledger_knows_sends_nothing_twice(
    shop: Shop, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of a sequence that are delivered twice are two e-mails; a ledger rebuilt from manifests must know it as well."""
    by_sftp(shop, sftp)
    exported(shop, 0)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "moment_of", killed)
        with pytest.raises(KeyboardInterrupt):
            sent(shop)
    assert waiting(shop)
    arrived = list(sftp.arrived)
    assert sent(shop).exports == 0
    for table in ("ledger", "files"):
        shop.con.execute(f"drop table activation.{table}")
    reconcile(shop.con, shop.settings)
    assert waiting(shop) == [] and sftp.arrived == arrived


def test_a_disk_that_is_full_here_is_told(shop: Shop, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The export has arrived; that it can't be noted down must not look as if the server were at fault."""
    by_sftp(shop, sftp)
    exported(shop, 0)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "write_manifest", full)
        with pytest.raises(RelanceError, match=r"can't be noted down: No space left"):
            sent(shop)
    assert sent(shop).files == 0


def test_a_server_that_nobody_vouched_for_gets_nothing(shop: Shop, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Personal data, and the password before them, would go to whoever stands in between."""
    monkeypatch.setenv("HOME", str(shop.settings.base))
    by_sftp(shop, sftp)
    exported(shop, 0)
    other = SftpServer(sftp.folder)
    for host_key, told in ((None, "Nobody has vouched"), (other.host_key, "another host key"), ("ssh-rsa x", "no public key")):
        by_sftp(shop, sftp, host_key=host_key)
        with pytest.raises(RelanceError, match=told):
            sent(shop)
    assert there(sftp.folder) == {}


@pytest.mark.parametrize(
    ("change", "told"), [({"password": "hunter2"}, "access is denied"), ({"no_such": 1}, "does not take these options")]
)
def test_what_was_configured_wrongly_is_told(shop: Shop, sftp: SftpServer, change: dict[str, Any], told: str) -> None:
    """`AuthenticationException` tells a marketer nothing, and a password must not be told at all."""
    by_sftp(shop, sftp, **change)
    exported(shop, 0)
    with pytest.raises(RelanceError, match=told) as caught:
        sent(shop)
    assert "s3cret" not in str(caught.value) and "hunter2" not in str(caught.value)


def test_a_server_without_rename_over(shop: Shop, sftp: SftpServer) -> None:
    """Many servers know SFTP as it was standardised only: no rename over a file that is there."""
    sftp.renames_over = False
    by_sftp(shop, sftp)
    exported(shop, 0, 2)
    sftp.refuses = ("manifest",)
    with pytest.raises(RelanceError):
        sent(shop)
    sftp.refuses = ()
    assert sent(shop).exports == 2


@pytest.mark.usefixtures("unchecked")
def test_relance_yml_says_what_goes_where(tmp_path: Path, shop: Shop) -> None:
    """A mistyped destination would silently be delivered nowhere, and a secret in the file lies in every backup."""
    (tmp_path / "landing").mkdir()
    company = "company: {name: A, currency: EUR, timezone: Europe/Paris, country: FR}\n"
    config = tmp_path / "relance.yml"
    config.write_text(
        f"{company}activations:\n  delivery:\n    default: s3://bucket/out\n    brevo: null\n    meta_custom_audienc: file:///mnt\n"
    )
    settings = load_settings(tmp_path)
    assert settings.delivery_of("brevo") is None
    target = settings.delivery_of("sms")
    assert target and target.url == "s3://bucket/out"
    (mistake,) = wrong_deliveries(settings)
    assert "did you mean `meta_custom_audience`" in str(mistake) and "relance.yml:6" in str(mistake)
    for value, told in (
        ("{url: sftp://h/in, options: {password: hunter2}}", "holds a secret as plain text"),
        ("sftp://u:hunter2@h/in", "holds a password"),
        ("exports/there", "should be a URL"),
    ):
        config.write_text(f"{company}activations: {{delivery: {{default: {value}}}}}\n")
        with pytest.raises(RelanceError, match=told) as caught:
            load_settings(tmp_path)
        assert "hunter2" not in str(caught.value)
