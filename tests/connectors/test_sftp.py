"""A landing on an SFTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dagster_project.connectors.mirror import fetch_landing
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings
from tests.servers import PASSWORD, SftpServer

from .conftest import load

Make = Callable[..., Settings]


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    folder = tmp_path / "server"
    (folder / "in/generic/orders").mkdir(parents=True)
    (folder / "in/generic/orders/a b+ç.csv").write_bytes(b"order_id,ordered_at,total\n1,2026-01-01,10\n")
    server = SftpServer(folder).start()
    yield server
    server.stop()


def project(make_project: Make, server: SftpServer, host_key: str) -> Settings:
    options = f"{{username: relance, password: '${{SFTP_PASSWORD}}', port: {server.port}, host_key: '{host_key}'}}"
    return make_project(f"landing: {{url: sftp://127.0.0.1/in, options: {options}}}\n")


def test_a_folder_on_a_server_is_loaded(make_project: Make, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shops that drop their files by SFTP are many, and their folders have folders."""
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    settings = project(make_project, sftp, sftp.host_key)
    fetch_landing(settings, lambda _: None)
    assert load(settings, "select file, rows_accepted from quality.load_ledger")[1] == [("generic/orders/a b+ç.csv", 1)]


def test_a_server_that_nobody_vouched_for_is_not_spoken_to(
    make_project: Make, sftp: SftpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands in between would get the password, and could tell us of any order they like."""
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    with pytest.raises(RelanceError, match="another host key"):
        fetch_landing(project(make_project, sftp, SftpServer(sftp.folder).host_key), lambda _: None)
