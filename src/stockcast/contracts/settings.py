"""The names that Terraform hands to code, and how a function reads them.

KEYS equals the keys of local.settings in terraform/platform/settings.tf. Every value is a string; Airflow sees them
as Variables, a Lambda as environment variables `STOCKCAST_<KEY>`.
"""

from collections.abc import Mapping

KEYS = (
    "alerts_topic",
    "alpha_vantage_base_url",
    "alpha_vantage_daily_budget",
    "alpha_vantage_plan",
    "approval",
    "bronze_bucket",
    "challenge_role",
    "clean_role",
    "endpoint",
    "endpoint_deployment",
    "endpoint_scaling",
    "environment",
    "evaluate_role",
    "forecast_function",
    "gold_bucket",
    "history_start",
    "ingest_function",
    "job_code",
    "job_instance_type",
    "job_source",
    "jobs_image",
    "kms_key",
    "market_secret",
    "model_package_group",
    "models_bucket",
    "serve_role",
    "serving_image",
    "serving_instance_count",
    "serving_instance_type",
    "silver_bucket",
    "source_base_url",
    "sources",
    "stooq_base_url",
    "symbols",
    "track_role",
    "tracking_database",
    "tracking_server",
    "train_role",
    "training_backend",
    "training_hyperparameters",
    "training_instance_count",
    "training_run",
    "training_spot",
    "transform_engine",
    "transform_run",
)


class MissingSettings(RuntimeError):
    """A program started without names that it cannot work without."""


def variable(key: str) -> str:
    """The environment variable that carries `key`."""
    return f"STOCKCAST_{key.upper()}"


def read(environ: Mapping[str, str], *keys: str) -> dict[str, str]:
    """Read `keys` from the environment; fail once, naming all that lack, instead of one per start."""
    unknown = [key for key in keys if key not in KEYS]
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} is no setting; a setting must be one of {', '.join(KEYS)}. "
            "Add it to stockcast.contracts.settings.KEYS and to local.settings in terraform/platform/settings.tf."
        )
    missing = [variable(key) for key in keys if not environ.get(variable(key))]
    if missing:
        raise MissingSettings(
            f"{', '.join(missing)} is empty or absent in the environment; each must hold a value. "
            "Terraform sets them from local.settings: apply the platform stack, or set them by hand."
        )
    return {key: environ[variable(key)] for key in keys}
