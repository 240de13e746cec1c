"""Script mode: how AWS's containers find the program, its arguments and the SM_* variables in the hyperparameters."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.container.cluster import Host
from localaws.container.failure import JobFailed

NOT_FOR_THE_SCRIPT = ("sagemaker_", "_tuning_objective_metric")


@dataclass(frozen=True)
class Script:
    """The program inside an archive, with the hyperparameters that are meant for it."""

    program: str
    archive_uri: str
    hyperparameters: dict[str, Any]

    @classmethod
    def of(cls, job: dict[str, Any]) -> Script:
        """Read it from a CreateTrainingJob request; hyperparameters are JSON in strings."""
        every = {name: _decoded(value) for name, value in (job.get("HyperParameters") or {}).items()}
        lacking = [key for key in ("sagemaker_program", "sagemaker_submit_directory") if not every.get(key)]
        if lacking:
            raise JobFailed(
                f"ClientError: The hyperparameters lack {' and '.join(lacking)}. The embedded AWS trains in script "
                f"mode only, because an image here is an interpreter without a program of its own."
            )
        own = {name: value for name, value in every.items() if not name.startswith(NOT_FOR_THE_SCRIPT)}
        return cls(str(every["sagemaker_program"]), str(every["sagemaker_submit_directory"]), own)

    @property
    def argv(self) -> list[str]:
        """Program and arguments, in the order of the names."""
        arguments = [(name, self.hyperparameters[name]) for name in sorted(self.hyperparameters)]
        return [self.program, *(part for name, value in arguments for part in (f"--{name}", _text(value)))]


def variables(job: dict[str, Any], script: Script, host: Host) -> dict[str, str]:
    """The SM_* variables of AWS's training toolkit, with /opt/ml moved below the host's folder."""
    ml = host.ml
    channels = sorted(channel["ChannelName"] for channel in job.get("InputDataConfig") or [])
    fixed = {
        "SAGEMAKER_BASE_DIR": str(ml),
        "SAGEMAKER_PROGRAM": script.program,
        "SM_CHANNELS": json.dumps(channels),
        "SM_HPS": json.dumps(script.hyperparameters),
        "SM_INPUT_CONFIG_DIR": str(ml / "input/config"),
        "SM_INPUT_DIR": str(ml / "input"),
        "SM_MODEL_DIR": str(ml / "model"),
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_OUTPUT_DATA_DIR": str(ml / "output/data"),
        "SM_OUTPUT_DIR": str(ml / "output"),
        "SM_TRAINING_ENV": json.dumps(_training_environment(job, script, ml, channels)),
        "TRAINING_JOB_NAME": job["TrainingJobName"],
    }
    per_channel = {f"SM_CHANNEL_{name.upper()}": str(ml / "input/data" / name) for name in channels}
    per_parameter = {f"SM_HP_{name.upper()}": _text(value) for name, value in script.hyperparameters.items()}
    return fixed | host.variables() | per_channel | per_parameter


def _training_environment(job: dict[str, Any], script: Script, ml: Path, channels: list[str]) -> dict[str, Any]:
    """What the toolkit's `environment` module reads in one piece."""
    return {
        "channel_input_dirs": {name: str(ml / "input/data" / name) for name in channels},
        "hyperparameters": script.hyperparameters,
        "job_name": job["TrainingJobName"],
        "model_dir": str(ml / "model"),
        "module_name": script.program.removesuffix(".py"),
    }


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
