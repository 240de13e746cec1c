"""Asking the SageMaker endpoint, and believing its answer only once it fits what was asked."""

import json
import math
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from stockcast.contracts.bars import ForecastRequest
from stockcast.contracts.records import HORIZONS, Forecast


class NoEndpoint(RuntimeError):
    """There is no endpoint to ask, so no symbol can have a forecast."""


class BadForecast(Exception):
    """The endpoint refused the request, or answered something other than its forecasts."""


class Endpoint(NamedTuple):
    """The endpoint by its name, whatever model it serves today."""

    runtime: Any
    name: str

    def forecasts(self, request: ForecastRequest) -> list[Forecast]:
        """One forecast per horizon, for the request's symbol and as of its newest bar."""
        try:
            reply = self.runtime.invoke_endpoint(
                EndpointName=self.name, ContentType="application/json", Body=json.dumps(request).encode()
            )
        except ClientError as fault:
            raise self._translated(fault) from fault
        answer = self._json(reply["Body"].read())
        self._check(answer, request["symbol"], request["bars"][-1]["date"])
        forecasts: list[Forecast] = answer["forecasts"]
        return forecasts

    def _translated(self, fault: ClientError) -> Exception:
        code, message = fault.response["Error"]["Code"], fault.response["Error"].get("Message", "")
        if code.startswith("Validation") and "not found" in message.lower():
            return NoEndpoint(
                f"endpoint {self.name} does not exist ({message}); it must be in service to forecast. "
                "Run the DAG train_model: it trains, judges and deploys a model."
            )
        if code == "ModelError":
            said = fault.response.get("OriginalMessage") or message
            status = fault.response.get("OriginalStatusCode")
            return BadForecast(f"endpoint {self.name} answers {status}: {said}. Read its log group for the reason.")
        return fault

    def _json(self, body: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(body)
        except ValueError as fault:
            raise self._bad(f"{body[:120]!r}", "the answer must be JSON") from fault
        return answer if isinstance(answer, dict) else {}

    def _check(self, answer: dict[str, Any], symbol: str, newest: str) -> None:
        """Symbol, day, horizons and figures must be those asked for: gold is read without a second look."""
        forecasts = answer.get("forecasts")
        if not isinstance(forecasts, list) or [_get(one, "horizon") for one in forecasts] != list(HORIZONS):
            raise self._bad(f"keys {sorted(answer)}", f"`forecasts` must hold one record per horizon of {HORIZONS}")
        for forecast in forecasts:
            told = (_get(forecast, "symbol"), _get(forecast, "as_of"))
            if told != (symbol, newest):
                raise self._bad(f"a forecast for {told}", f"it must be for {(symbol, newest)}")
            missing = sorted(set(Forecast.__annotations__) - set(forecast))
            if missing:
                raise self._bad(f"no {', '.join(missing)}", "a record must hold every field of the contract")
            strange = [name for name, value in forecast.items() if _is_endless(value)]
            if strange:
                raise self._bad(f"{', '.join(strange)} without a finite value", "figures must be finite")

    def _bad(self, said: str, rule: str) -> BadForecast:
        return BadForecast(f"endpoint {self.name} answers {said}; {rule}. Run the DAG train_model.")


def _is_endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _get(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, dict) else None
