"""The one way to open a folder or URL that relance.yml names: no server is spoken to that nobody knows."""

from __future__ import annotations

from typing import Any

import fsspec
from fsspec import AbstractFileSystem

from dagster_project.connectors.options import StorePlace


def open_place(place: StorePlace) -> tuple[AbstractFileSystem, str]:
    """Its file system, opened anew, and its path there, without a slash at the end.

    Raises:
        RelanceError: an SFTP server is not the one that is known.
        Exception: whatever else the driver raises; `driver_failure` puts it into words.
    """
    if place.scheme in ("sftp", "ssh"):
        from dagster_project.connectors.sftp import KnownHostSftp

        named: dict[str, Any] = KnownHostSftp._get_kwargs_from_urls(place.url) | place.options
        files, root = KnownHostSftp(**named, skip_instance_cache=True), KnownHostSftp._strip_protocol(place.url)
    else:
        files, root = fsspec.core.url_to_fs(place.url, **place.options, skip_instance_cache=True)
    return files, root.rstrip("/")
