"""A landing in S3, against a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dagster_project.connectors.mirror import fetch_landing
from dagster_project.errors import RelanceError
from dagster_project.settings import Settings

from .conftest import files_of, load

Make = Callable[..., Settings]
ORDERS = b"order_id,ordered_at,total\n1,2026-01-01,10\n"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """URL of an S3 server on localhost."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s3cret-key", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket="shop")
    return client


def landing(endpoint: str, url: str = "s3://shop/in") -> str:
    keys = "key: '${STORE_KEY}', secret: '${STORE_SECRET}'"
    options = f"{keys}, client_kwargs: {{endpoint_url: '{endpoint}', region_name: us-east-1}}"
    return f"landing: {{url: {url}, options: {{{options}}}}}\n"


def test_a_bucket_is_loaded_as_objects_come_change_and_go(make_project: Make, endpoint: str, s3: Any) -> None:
    """The whole way as a company has it: bucket, prefix, folder marks, an upload in pieces, a change, a removal."""
    project = make_project(landing(endpoint))
    big = b"contact_id,email\n" + b"".join(b"%08d,c%08d@example.com\n" % (n, n) for n in range(200_000))
    s3.put_object(Bucket="shop", Key="in/generic/orders/", Body=b"")
    s3.put_object(Bucket="shop", Key="in/generic/orders/a b+ç.csv", Body=ORDERS)
    s3.put_object(Bucket="shop", Key="elsewhere/generic/orders/no.csv", Body=ORDERS)
    upload = s3.create_multipart_upload(Bucket="shop", Key="in/generic/contacts/big.csv")["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(big), 5 << 20), 1):
        told = {"Bucket": "shop", "Key": "in/generic/contacts/big.csv", "UploadId": upload, "PartNumber": number}
        parts.append({"PartNumber": number, "ETag": s3.upload_part(**told, Body=big[start : start + (5 << 20)])["ETag"]})
    del told["PartNumber"]
    s3.complete_multipart_upload(**told, MultipartUpload={"Parts": parts})
    lines: list[str] = []
    fetch_landing(project, lines.append)
    assert lines[-1].startswith("landing: fetched 2 of 2 files, ")
    assert (project.landing_path / "generic/contacts/big.csv").read_bytes() == big
    (project.landing_path / "generic/contacts/big.csv").unlink()
    s3.delete_object(Bucket="shop", Key="in/generic/contacts/big.csv")
    assert load(project, "select file, rows_accepted from quality.load_ledger")[1] == [("generic/orders/a b+ç.csv", 1)]
    s3.put_object(Bucket="shop", Key="in/generic/orders/a b+ç.csv", Body=ORDERS + b"2,2026-01-02,5\n")
    assert load(project, "select order_id from raw_generic.orders order by 1")[1] == [("1",), ("2",)]
    assert [path.name for path in files_of(project)] == ["a b+ç.csv"]


@pytest.mark.parametrize("url", ["s3://no-such-bucket/in", "s3://shop/no/such/folder"])
def test_a_bucket_or_folder_that_is_not_there_is_told(make_project: Make, endpoint: str, s3: Any, url: str) -> None:
    """A mistyped bucket must not look like a company without data."""
    with pytest.raises(RelanceError, match="no such bucket or folder"):
        fetch_landing(make_project(landing(endpoint, url)))
