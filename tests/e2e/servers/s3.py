"""An S3 of a test's own, in this process: what it holds is in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "bucket"
_KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}


@dataclass(frozen=True)
class S3Server:
    """A running server; ``environment`` leads dlt's filesystem to it."""

    url: str

    @property
    def environment(self) -> Mapping[str, str]:
        given = {**_KEYS, "endpoint_url": self.url}
        section = "DESTINATION__FILESYSTEM__CREDENTIALS__"
        return {f"{section}{name.upper()}": value for name, value in given.items()}

    def objects(self) -> dict[str, bytes]:
        """All objects of the bucket, by their address."""
        bucket = boto3.resource("s3", endpoint_url=self.url, **_KEYS).Bucket(BUCKET)
        return {
            f"s3://{BUCKET}/{each.key}": each.get()["Body"].read() for each in bucket.objects.all()
        }


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Starts a server on a free port, with an empty bucket; stops it at the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        running = S3Server(f"http://{host}:{port}")
        boto3.client("s3", endpoint_url=running.url, **_KEYS).create_bucket(Bucket=BUCKET)
        yield running
    finally:
        server.stop()
