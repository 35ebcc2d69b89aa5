"""SFTP to a server that proves who it is: an unknown host key is refused before anything is said, personal data least of all.

fsspec's own file system takes whichever key a server shows and waits for its answers for ever. Imported only where something goes
or comes by SFTP: paramiko is an extra.
"""

from __future__ import annotations

from contextlib import suppress

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from dagster_project.errors import RelanceError

PATIENCE_SECONDS = 60.0
"""For each answer of the server; a connection that has died says nothing at all."""


class KnownHostSftp(SFTPFileSystem):
    """fsspec's SFTP, to the server of `host_key` (`ssh-ed25519 AAAA…`, as `ssh-keyscan` prints it) or of the account's own
    ~/.ssh/known_hosts. All other options are those of paramiko's `SSHClient.connect`.

    Raises:
        RelanceError: the server shows another key, or one that nobody has vouched for.
    """

    def _connect(self) -> None:
        options = {"timeout": 30.0, "banner_timeout": 30.0, "auth_timeout": 30.0, **self.ssh_kwargs}
        expected, port = options.pop("host_key", None), int(options.get("port", 22))
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        if expected is None:
            self.client.load_system_host_keys()
        else:
            key = _key(expected)
            name = self.host if port == 22 else f"[{self.host}]:{port}"
            self.client.get_host_keys().add(name, key.get_name(), key)
        try:
            self.client.connect(self.host, **options)
        except paramiko.BadHostKeyException:
            what = "The server shows another host key than the one that is known: it may not be the one that is meant"
            raise RelanceError(what, f"sftp://{self.host}", _HOW) from None
        except paramiko.SSHException as error:
            if "known_hosts" not in str(error):
                raise
            raise RelanceError("Nobody has vouched for the server's host key", f"sftp://{self.host}", _HOW) from None
        self.ftp = self.client.open_sftp()
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(PATIENCE_SECONDS)

    def close(self) -> None:
        self.client.close()

    def mv(self, old: str, new: str, **_: object) -> None:
        """Rename over what may be there; where the server lacks OpenSSH's way of doing so at once, in two steps."""
        try:
            self.ftp.posix_rename(old, new)
        except OSError:
            if self.exists(new):
                self.ftp.remove(new)
            self.ftp.rename(old, new)


_HOW = (
    "ask whoever runs it for its key, then write `host_key: ssh-ed25519 AAAA…` under `options`, or add it to ~/.ssh/known_hosts"
)


def _key(text: str) -> paramiko.PKey:
    entry = None
    with suppress(paramiko.SSHException, paramiko.hostkeys.InvalidHostKey):
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"host {text.strip()}")
    if entry is None or entry.key is None:
        how = "write it as ssh-keyscan prints it, without the server's name: `ssh-ed25519 AAAA…`"
        raise RelanceError("`host_key` is no public key", "options: of an sftp:// URL", how)
    return entry.key
