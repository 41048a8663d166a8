"""Writing pictures and sounds to S3 with boto3. Their digest lies beside them, so that none is uploaded twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_DIGEST = "sha256"


class Boto3MediaShelf:
    """`shared.ports.publishing.MediaShelf` on S3."""

    folder = ""  # The edge may fetch what lies under `media/`, and nothing else (template.yaml).

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def holds(self, path: str) -> str | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=self._key(path))
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":  # HEAD has no body that could say NoSuchKey
                return None
            raise
        return found["Metadata"].get(_DIGEST, "")

    def put(self, path: str, content: bytes, content_type: str, digest: str) -> None:
        told = {_DIGEST: digest} if digest else {}
        self._client.put_object(
            Bucket=self._bucket, Key=self._key(path), Body=content, ContentType=content_type, Metadata=told
        )

    def _key(self, path: str) -> str:
        return self.folder + path.removeprefix("/")


class Boto3WaitingMedia(Boto3MediaShelf):
    """`shared.ports.publishing.WaitingMedia` on S3: in the same bucket, where the edge may not look."""

    folder = "waiting/"

    def bring_out(self, path: str) -> bool:
        if self.holds(path) is None:
            return False
        source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": self._key(path)}
        self._client.copy_object(Bucket=self._bucket, Key=path.removeprefix("/"), CopySource=source)
        return True

    def discard(self, path: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._key(path))
