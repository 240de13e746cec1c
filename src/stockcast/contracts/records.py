"""The forecast record: one symbol, one horizon, one day. The server answers it, gold keeps it."""

from typing import TypedDict

HORIZONS = (1, 5, 21)  # trading days ahead: a day, a week, a month


class Forecast(TypedDict):
    """What the server answers. Prices are adjusted US dollars; None where too few outcomes are known yet."""

    symbol: str
    as_of: str  # date of the newest bar
    horizon: int
    model_type: str  # "lstm"; in gold's challengers/ also "naive", "drift", "ewma", "har", "arima", "prophet"
    model_version: str  # the training job's name
    feature_version: str
    last_close: float
    median: float  # the model's most even bet, and the middle of the interval
    q025: float
    q10: float
    q50: float
    q90: float
    q975: float
    volatility: float  # annualised, 0.25 = 25 %
    p_up: float | None  # chance of a rise, within 3 points of the base rate: no model here tells direction
    base_rate_up: float | None  # share of rising windows so far: what any direction claim has to beat
    mae: float | None  # mean absolute error in log return, last 252 known origins
    mae_persistence: float | None  # the same for "nothing changes"
    baseline_mae_ratio: float | None
    coverage_last_252: float | None  # share of outcomes inside the 80 % interval
    qlike_ratio_ewma_63: float | None  # below 1: volatility told better than by EWMA over 63 known origins
    calibration: str  # "symbol" | "pooled"


class GoldRecord(Forecast):
    """The record in gold: the forecast function adds what only it knows."""

    stale: bool  # as_of is older than the last weekday up to the run's day
    generated_at: str  # ISO time in UTC


class DayAhead(TypedDict):
    """One day of the fan that opens from today: prices as in a Forecast."""

    days_ahead: int
    median: float
    q025: float
    q10: float
    q50: float
    q90: float
    q975: float
    volatility: float  # annualised, of the days up to this one


class ForecastAnswer(TypedDict):
    """Body of the server's answer to POST /invocations."""

    symbol: str
    as_of: str
    forecasts: list[Forecast]  # one per horizon, in their order
    days: list[DayAhead]  # every day up to the longest horizon, those between horizons by the term structure
