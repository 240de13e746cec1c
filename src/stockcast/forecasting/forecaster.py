"""The newest forecast of one symbol, and how well the same road did lately."""

from datetime import date

import polars as pl

from stockcast.contracts.records import Forecast, ForecastAnswer
from stockcast.forecasting.history import history
from stockcast.forecasting.record import record
from stockcast.forecasting.term_structure import fan
from stockcast.models.lstm import Lstm
from stockcast.models.outlook import Predictor, Unforecastable
from stockcast.models.recipe import Recipe


def forecast(symbol: str, bars: pl.DataFrame, recipe: Recipe, model: Predictor) -> ForecastAnswer:
    """One record per horizon at the newest bar; pure in its arguments, so a repeat answers the same."""
    newest, seen_until = bars["date"][-1], date.fromisoformat(recipe.trained_until)
    if newest <= seen_until:
        raise Unforecastable(
            f"{symbol} ends on {newest} and the model was trained until {seen_until}; it would tell what it has seen. "
            "Send later bars, or ask a model that was trained before that day."
        )
    past = history(symbol, bars, Lstm(recipe, model), recipe.factors)
    by_horizon = [past.filter(pl.col("horizon") == h) for h in recipe.horizons]
    if by_horizon[0]["date"][-1] != newest:
        raise Unforecastable(
            f"{symbol} has no whole window ending on {newest}; every feature of the last {recipe.lookback} rows must "
            "be a number. Look for prices or volumes that stand still."
        )
    forecasts = [_record(part, recipe) for part in by_horizon]
    return {"symbol": symbol, "as_of": newest.isoformat(), "forecasts": forecasts, "days": fan(forecasts)}


def _record(origins: pl.DataFrame, recipe: Recipe) -> Forecast:
    return record(
        origins, model_type=Lstm.name, model_version=recipe.model_version, feature_version=recipe.feature_version,
        seen_until=date.fromisoformat(recipe.trained_until),
    )  # fmt: skip
