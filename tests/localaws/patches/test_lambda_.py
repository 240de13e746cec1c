"""Lambda adds nothing of its own."""

from __future__ import annotations

from collections.abc import Callable

from tests.localaws.helpers import Gateway, zipped


def test_an_event_invoke_config_has_no_invented_age(gateway: Gateway, make_role: Callable[..., str]) -> None:
    """It showed as a change on every plan."""
    functions = gateway.client("lambda")
    role = make_role("invoked", None, "lambda.amazonaws.com")
    code = {"ZipFile": zipped("def handler(event, context):\n    return 1\n")}
    functions.create_function(
        FunctionName="invoked", Runtime="python3.12", Handler="handler.handler", Role=role, Code=code
    )

    functions.put_function_event_invoke_config(FunctionName="invoked", MaximumRetryAttempts=1)
    kept = functions.get_function_event_invoke_config(FunctionName="invoked")

    assert kept["MaximumRetryAttempts"] == 1 and "MaximumEventAgeInSeconds" not in kept
