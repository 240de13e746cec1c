"""Lambda functions as Airflow tasks: asked once per try, and an error says what the function said."""

import json
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator

# A function may work for 15 minutes. boto3 would give up after one and ask again while the first is still at work.
PATIENT = {"read_timeout": 900, "retries": {"total_max_attempts": 1}}


class Invoke(LambdaInvokeFunctionOperator):
    """The answer, keys and days, goes to XCom as the function's JSON text."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(botocore_config=PATIENT, **arguments)

    def execute(self, context: Any) -> str:
        try:
            return super().execute(context)
        except ValueError as error:
            raise AirflowException(told(self.function_name, error)) from None  # it quotes thirty headers


def told(function: str, error: ValueError) -> str:
    """The function's own words out of what the provider raises: (sentence, {"Payload": ...})."""
    answer = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    try:
        payload = json.loads(answer["Payload"])
        words = f"{payload['errorType']}: {payload['errorMessage']}"
    except (KeyError, TypeError, ValueError):
        words = str(error)
    return f"{function} failed: {words} Its log is CloudWatch Logs, group /aws/lambda/{function}."
