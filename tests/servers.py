"""Servers on localhost that files are fetched from and delivered to: SFTP by paramiko, over a folder."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

PASSWORD = "s3cret-word"


class _Access(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if password == PASSWORD else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    """An open file; what is written is refused, or the connection ended, where the server says so."""

    def __init__(self, server: SftpServer, name: str, flags: int):
        super().__init__(flags)
        self._server, self._name = server, name

    def write(self, offset: int, data: bytes) -> int:
        if any(word in self._name for word in self._server.refuses):
            return paramiko.SFTP_FAILURE
        if self._server.bytes_left is not None:
            self._server.bytes_left -= len(data)
            if self._server.bytes_left < 0:
                self._server.stop()
                return paramiko.SFTP_CONNECTION_LOST
        return super().write(offset, data)


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, access: paramiko.ServerInterface, server: SftpServer):
        self._server = server

    def _real(self, path: str) -> Path:
        return self._server.folder / self.canonicalize(path).lstrip("/")

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def list_folder(self, path: str) -> Any:
        try:
            found = []
            for entry in sorted(self._real(path).iterdir()):
                found.append(paramiko.SFTPAttributes.from_stat(entry.stat()))
                found[-1].filename = entry.name
            return found
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            handle = os.open(self._real(path), flags, 0o644)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        opened = _Handle(self._server, Path(path).name, flags)
        mode = "w+b" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb"
        opened.readfile = opened.writefile = os.fdopen(handle, mode)  # type: ignore[attr-defined]
        return opened

    def mkdir(self, path: str, attr: Any) -> int:
        self._real(path).mkdir()
        return paramiko.SFTP_OK

    def remove(self, path: str) -> int:
        self._real(path).unlink()
        return paramiko.SFTP_OK

    def rename(self, old: str, new: str) -> int:
        if self._real(new).exists():
            return paramiko.SFTP_FAILURE
        return self._arrive(old, new)

    def posix_rename(self, old: str, new: str) -> int:
        return self._arrive(old, new) if self._server.renames_over else paramiko.SFTP_OP_UNSUPPORTED

    def _arrive(self, old: str, new: str) -> int:
        self._server.arrived.append(new.lstrip("/"))
        self._real(old).rename(self._real(new))
        return paramiko.SFTP_OK


@dataclass
class SftpServer:
    """An SFTP server over `folder`."""

    folder: Path
    port: int = 0
    refuses: tuple[str, ...] = ()
    """Names of files, or parts of them, that may not be written."""
    bytes_left: int | None = None
    """After so many bytes the server goes away."""
    renames_over: bool = True
    """Whether it knows OpenSSH's rename over a file that is there."""
    arrived: list[str] = field(default_factory=list)
    """Files that were renamed into their place, in order."""

    def __post_init__(self) -> None:
        self.key = paramiko.ECDSAKey.generate()
        self._transports: list[paramiko.Transport] = []

    @property
    def host_key(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def start(self) -> SftpServer:
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        self.bytes_left = None
        threading.Thread(target=self._serve, args=(self._socket,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._socket.close()
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Access())
            except (paramiko.SSHException, EOFError):
                transport.close()
