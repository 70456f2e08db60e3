"""Every store of files: what was put is read, what was removed is gone, and none is ever half there."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.db import new_id
from domain.errors import NotFound, Unavailable
from integrations.files.bucket import BucketStore
from integrations.files.local import LocalStore
from integrations.files.store import Store, stored

LATER = timedelta(minutes=5)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    """A folder."""
    return LocalStore(tmp_path / "files")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once somebody answers there."""
    deadline = time.monotonic() + 60
    while not answers(port):
        assert process.poll() is None, "the S3 server does not start"
        assert time.monotonic() < deadline, "the S3 server does not answer"
        time.sleep(0.1)


def answers(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A folder in a bucket of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    name = f"documents-{new_id().hex}"
    made = BucketStore(f"s3://{name}/intervet?endpoint={s3}")
    made._client.create_bucket(Bucket=name)
    return made


@pytest.fixture(params=["local", "bucket"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind of store, empty."""
    found: Store = request.getfixturevalue(request.param)
    return found


def test_what_was_put_is_read_and_what_was_removed_is_not(store: Store) -> None:
    one, other = new_id(), new_id()
    store.put(one, b"one" * 1000)
    store.put(other, b"")

    store.remove(one)
    store.remove(one)

    assert store.read(other) == b""
    with pytest.raises(NotFound):
        store.read(one)


def test_all_that_was_put_before_is_listed(store: Store) -> None:
    ids = {new_id() for _ in range(5)}
    for one in ids:
        store.put(one, b"x")

    now = datetime.now(UTC)

    assert (set(store.kept_before(now + LATER)), list(store.kept_before(now - LATER))) == (ids, [])


def test_a_file_that_no_row_came_to_name_is_taken_back(store: Store) -> None:
    kept = []

    def fail() -> None:
        with stored(store, b"x") as file_id:
            kept.append(store.read(file_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (kept, list(store.kept_before(datetime.now(UTC) + LATER))) == ([b"x"], [])


def test_a_bucket_shows_only_what_is_ours(s3: str, bucket: BucketStore) -> None:
    for key in ("intervet/README", "intervet/" + "x" * 32, new_id().hex):
        bucket._client.put_object(Bucket=bucket.bucket, Key=key, Body=b"not ours")

    assert list(bucket.kept_before(datetime.now(UTC) + LATER)) == []


def test_a_bucket_of_more_files_than_a_page_is_listed_whole(bucket: BucketStore) -> None:
    ids = {new_id() for _ in range(1005)}
    for one in ids:
        bucket.put(one, b"")

    assert set(bucket.kept_before(datetime.now(UTC) + LATER)) == ids


def test_a_bucket_that_is_away_is_said_to_be(bucket: BucketStore) -> None:
    away = BucketStore(f"s3://nowhere?endpoint=http://127.0.0.1:{free_port()}")
    missing = replaced(bucket)

    for store in (away, missing):
        with pytest.raises(Unavailable):
            store.put(new_id(), b"x")


def replaced(bucket: BucketStore) -> BucketStore:
    """The same, in a bucket that isn't there."""
    bucket.bucket = "not-there"
    return bucket


def test_nobody_else_on_the_machine_reads_a_file(tmp_path: Path, local: Store) -> None:
    local.put(file_id := new_id(), b"x")

    (path,) = tmp_path.rglob(file_id.hex)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_disk_that_fails_is_said_to_and_leaves_nothing(
    tmp_path: Path, local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(Unavailable):
        local.put(new_id(), b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_not_ours_is_passed_over(tmp_path: Path, local: Store) -> None:
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "README").write_text("not ours")

    assert list(local.kept_before(datetime.now(UTC) + LATER)) == []
