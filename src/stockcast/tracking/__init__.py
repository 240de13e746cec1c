"""What is kept of a training: its numbers, pictures and model card, in an MLflow run of the training job's name."""

import os

# Before MLflow is imported anywhere in this room, since it looks once: it would speak to its makers.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
