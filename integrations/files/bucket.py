"""Files in a store that speaks Amazon's S3, theirs or another's: `s3://bucket/folder?endpoint=https://…&region=…`.

Who may is for boto3 to find out, as it does everywhere: AWS_ACCESS_KEY_ID and its like, a file, or the machine's role.
https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from domain.config import ConfigError
from domain.errors import NotFound, Unavailable

GONE = ("NoSuchKey", "404")


class BucketStore:
    """A bucket, or a folder in one. It must be private, and keep no old versions of what is removed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.bucket, folder = parts.netloc, parts.path.strip("/")
        self.folder = f"{folder}/" if folder else ""
        self._client, self._errors = _connected(dict(parse_qs(parts.query)))

    def put(self, file_id: UUID, content: bytes) -> None:
        """Keep `content`; S3 answers once it is safe, and shows it whole or not at all."""
        with self._reachable():
            self._client.put_object(Bucket=self.bucket, Key=self._key(file_id), Body=content)

    def read(self, file_id: UUID) -> bytes:
        """What was kept. Raises NotFound."""
        with self._reachable():
            content: bytes = self._client.get_object(Bucket=self.bucket, Key=self._key(file_id))["Body"].read()
        return content

    def remove(self, file_id: UUID) -> None:
        """Forget it."""
        with self._reachable():
            self._client.delete_object(Bucket=self.bucket, Key=self._key(file_id))

    def kept_before(self, moment: datetime) -> Iterator[UUID]:
        """Every file that was put before `moment`."""
        with self._reachable():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.folder):
                for found in page.get("Contents", ()):
                    file_id = _id_of(found["Key"].removeprefix(self.folder))
                    if file_id is not None and found["LastModified"] < moment:
                        yield file_id

    def _key(self, file_id: UUID) -> str:
        return f"{self.folder}{file_id.hex}"

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            answer: dict[str, Any] = getattr(error, "response", {})
            if answer.get("Error", {}).get("Code") in GONE:
                raise NotFound("The file is no longer there.") from None
            raise Unavailable("Files can't be kept or read just now; try again in a moment.", retry_after=30) from error


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(hex=name) if len(name) == 32 else None
    except ValueError:
        return None  # Whatever else lies there is not ours.


def _connected(settings: dict[str, list[str]]) -> tuple[Any, tuple[type[Exception], ...]]:
    """A client, and what it raises."""
    try:
        import boto3  # noqa: PLC0415  an installation without a bucket does without
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError:
        raise ConfigError(
            "INTERVET_FILES_URL names a bucket, which takes boto3: "
            "pip install --require-hashes --requirement requirements/s3.txt"
        ) from None
    patience = Config(
        connect_timeout=3,  # seconds
        read_timeout=15,  # seconds; with one more try below the 45 that a request may take
        retries={"total_max_attempts": 2},
        request_checksum_calculation="when_required",  # What is newer than S3's signatures is not spoken everywhere.
        response_checksum_validation="when_required",
    )
    one = {name: values[0] for name, values in settings.items()}
    try:
        client = boto3.client(
            "s3", endpoint_url=one.get("endpoint"), region_name=one.get("region", "us-east-1"), config=patience
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigError(f"INTERVET_FILES_URL can't be used: {error}.") from error
    return client, (BotoCoreError, ClientError)
