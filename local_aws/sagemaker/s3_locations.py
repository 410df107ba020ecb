"""S3 addresses as SageMaker accepts them: ``s3://…`` and ``https://s3….amazonaws.com/…``."""

import re
from typing import Self
from urllib.parse import unquote

from attrs import frozen

_PATH_STYLE = re.compile(r"https://s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?/([^/]+)/?(.*)", re.DOTALL)
_HOST_STYLE = re.compile(r"https://([^/]+?)\.s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?/?(.*)", re.DOTALL)


@frozen
class S3Location:
    """A bucket and a key, or the start of keys.

    Attributes:
        bucket: the bucket's name.
        key: a key, a prefix of keys, or "" for the whole bucket.
    """

    bucket: str
    key: str = ""

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Reads an address.

        Raises:
            ValueError: it is neither ``s3://bucket[/key]`` nor an https address of S3.
        """
        if uri.startswith("s3://"):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            if bucket:
                return cls(bucket, key)
        elif match := _PATH_STYLE.fullmatch(uri) or _HOST_STYLE.fullmatch(uri):
            return cls(match[1], unquote(match[2]))
        raise ValueError(f"{uri!r} is no S3 address: expected s3://bucket/key or https://s3.REGION.amazonaws.com/…")

    def join(self, *parts: str) -> Self:
        """The location below this one, with one ``/`` between the parts."""
        key = "/".join(part.strip("/") for part in (self.key, *parts) if part.strip("/"))
        return type(self)(self.bucket, key)

    @property
    def folder(self) -> Self:
        """The same with a key that ends in ``/``: nothing but what lies below it starts with that."""
        return type(self)(self.bucket, f"{self.key.rstrip('/')}/" if self.key else "")

    @property
    def uri(self) -> str:
        """As ``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"

    def relative(self, key: str) -> str:
        """Where the object of a key lies below a folder that this prefix fills.

        A prefix that is a folder is left away; of a prefix that is a key or the start of names, the part up to its
        last ``/`` is.
        """
        if self.key and not self.key.endswith("/") and key.startswith(self.key + "/"):
            return key[len(self.key) + 1 :]
        return key[self.key.rfind("/") + 1 :]
