"""Why a job or an endpoint failed, in the words that end up as its FailureReason."""

from __future__ import annotations

LONGEST = 1024  # characters of a FailureReason


class JobFailed(Exception):
    """Ends a job. `ClientError:` begins what the request got wrong, `AlgorithmError:` what the script did."""

    @property
    def reason(self) -> str:
        """The FailureReason."""
        return str(self)[:LONGEST]
