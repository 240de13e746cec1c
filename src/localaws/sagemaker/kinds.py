"""The kinds of resources that have a name, and the words AWS has for a name that is missing or taken."""

from __future__ import annotations

from dataclasses import dataclass

JOB_MISSING = "Could not find requested job with name: {name}"
JOB_TAKEN = "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"


@dataclass(frozen=True)
class Kind:
    """One kind. `missing` and `taken` are texts that Terraform's provider and Airflow's hooks look for; they may
    hold `{arn}` and `{name}`."""

    name: str
    arn_prefix: str
    missing: str
    taken: str
    status_key: str = ""
    taken_code: str = "ValidationException"
    summary_shape: str = ""
    summaries_key: str = ""
    newest_first: bool = True

    @property
    def name_key(self) -> str:
        """Such as ModelName."""
        return f"{self.name}Name"

    @property
    def arn_key(self) -> str:
        """Such as ModelArn."""
        return f"{self.name}Arn"


MODEL = Kind(
    "Model", "model", 'Could not find model "{arn}".', 'Cannot create already existing model "{arn}".',
    summary_shape="ModelSummary", summaries_key="Models",
)  # fmt: skip
ENDPOINT_CONFIG = Kind(
    "EndpointConfig", "endpoint-config", 'Could not find endpoint configuration "{arn}".',
    'Cannot create already existing endpoint configuration "{arn}".',
    summary_shape="EndpointConfigSummary", summaries_key="EndpointConfigs",
)  # fmt: skip
ENDPOINT = Kind(
    "Endpoint", "endpoint", 'Could not find endpoint "{arn}".', 'Cannot create already existing endpoint "{arn}".',
    "EndpointStatus", summary_shape="EndpointSummary", summaries_key="Endpoints",
)  # fmt: skip
GROUP = Kind(
    "ModelPackageGroup", "model-package-group", "ModelPackageGroup {arn} does not exist.",
    "Model Package Group already exists: {arn}", "ModelPackageGroupStatus",
    summary_shape="ModelPackageGroupSummary", summaries_key="ModelPackageGroupSummaryList", newest_first=False,
)  # fmt: skip
TRAINING_JOB = Kind(
    "TrainingJob", "training-job", "Requested resource not found.", JOB_TAKEN, "TrainingJobStatus", "ResourceInUse",
    "TrainingJobSummary", "TrainingJobSummaries",
)  # fmt: skip
PROCESSING_JOB = Kind(
    "ProcessingJob", "processing-job", JOB_MISSING, JOB_TAKEN, "ProcessingJobStatus", "ResourceInUse",
    "ProcessingJobSummary", "ProcessingJobSummaries",
)  # fmt: skip
TRANSFORM_JOB = Kind(
    "TransformJob", "transform-job", JOB_MISSING, JOB_TAKEN, "TransformJobStatus", "ResourceInUse",
    "TransformJobSummary", "TransformJobSummaries",
)  # fmt: skip
TUNING_JOB = Kind(
    "HyperParameterTuningJob", "hyper-parameter-tuning-job", JOB_MISSING, JOB_TAKEN, "HyperParameterTuningJobStatus",
    "ResourceInUse", "HyperParameterTuningJobSummary", "HyperParameterTuningJobSummaries",
)  # fmt: skip

KINDS = (MODEL, ENDPOINT_CONFIG, ENDPOINT, GROUP, TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB)
