"""What AWS said no to, and the way out, in one message: a trace of forty lines hides both."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from shipping.account import RENEW

EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "RequestExpired",
    "UnrecognizedClientException",
)


def told(problem: BotoCoreError | ClientError) -> str:
    """Operation, code and reason where AWS answered, and what to do before the command is run again."""
    if isinstance(problem, BotoCoreError):  # AWS was not reached, or not even asked
        return (
            f"AWS could not be asked ({type(problem).__name__}): {problem}. Look at the network, the proxy and the "
            f"credentials, then run the command again. {RENEW}"
        )
    error = problem.response["Error"]
    answer = f"AWS answers {problem.operation_name} with {error['Code']}: {error.get('Message', 'no reason given')}."
    if error["Code"] in EXPIRED:
        return f"{answer} {RENEW} Then run the command again."
    if error["Code"].startswith(("403", "AccessDenied", "Forbidden", "Unauthorized")):
        return f"{answer} Use a role that may do this, or let yours; then run the command again."
    return f"{answer} Mend that, then run the command again: it goes on with what is left."
