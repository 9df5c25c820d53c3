"""An empty lake for each test, and a local S3 server for those that want an object store."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdtcn.lake import Lake

SECRET = "not-for-any-log-5f1c"
_buckets = itertools.count()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    server = subprocess.Popen([sys.executable, "-m", "tests.lake.s3_server"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    server.kill()
    server.communicate()


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a lake in a bucket of its own, credentials in the environment."""
    import boto3

    environment = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket{next(_buckets)}"
    boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/lake"
