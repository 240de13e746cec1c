"""What the transform function reads from silver and writes there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from stockcast.contracts import keys

ABSENT = frozenset({"404", "NoSuchKey", "403", "AccessDenied"})  # the latter two where the role may not list


class NoBars(Exception):
    """Silver holds no bars."""


class Silver(NamedTuple):
    """The bucket with bars and features."""

    s3: Any
    bucket: str

    def fetch_bars(self, path: Path) -> None:
        """The bars of all symbols into a local file."""
        key = keys.silver_bars()
        try:
            self.s3.download_file(self.bucket, key, str(path))
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in ABSENT:
                raise
            raise NoBars(
                f"s3://{self.bucket}/{key} is absent or not readable ({fault.response['Error']['Code']}); it must hold "
                "the clean bars. Run the task `clean_bars` of the DAG forecast_prices first."
            ) from fault

    def keep(self, part: Path) -> str:
        """Store one feature file under its own name; returns its key."""
        key = keys.silver_features(part.name)
        self.s3.upload_file(str(part), self.bucket, key)
        return key

    def forget_others(self, written: set[str]) -> list[str]:
        """Delete what lies beside the files just written: parts of a longer table, or another engine's."""
        others = [key for key in self._there() if key not in written]
        for key in others:
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        return others

    def _there(self) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=keys.silver_features(""))
        yield from (found["Key"] for page in pages for found in page.get("Contents", []))
