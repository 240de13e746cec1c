"""What all parts of the service share: where it stands, ARNs, its refusal."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.gateway.messages import ServiceError


@dataclass(frozen=True)
class Place:
    """An account in a region."""

    account_id: str
    region: str

    def arn(self, what: str) -> str:
        """Such as `job-queue/name` in full; what is an ARN already stays as it is."""
        return what if what.startswith("arn:") else f"arn:aws:batch:{self.region}:{self.account_id}:{what}"

    def named(self, kind: str, name_or_arn: str) -> str:
        """The ARN of what a request names in either way."""
        return self.arn(name_or_arn if name_or_arn.startswith("arn:") else f"{kind}/{name_or_arn}")


def refused(message: str) -> ServiceError:
    """Batch has one word for whatever the caller got wrong."""
    return ServiceError("ClientException", message)
