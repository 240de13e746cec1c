"""SageMaker jobs as Airflow tasks that may run twice and say why they failed.

The provider's operators take another name when theirs is taken, which leaves the first job running unseen, and a
deferred task that fails shows the waiter's words instead of the job's. Both are mended here, nothing else.
"""

import json
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferralError, TaskDeferralTimeout
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerBaseOperator,
    SageMakerProcessingOperator,
    SageMakerTrainingOperator,
)
from airflow.providers.amazon.aws.triggers.sagemaker import SageMakerTrigger
from botocore.exceptions import ClientError

from wiring.defaults import CHECK_EVERY_SECONDS

MOST_CHECKS = 24 * 3600 // CHECK_EVERY_SECONDS  # MaxRuntimeInSeconds ends a job; its watcher shall not give up before
KEY = "{{ var.value.kms_key }}"  # for disks and outputs
LOGGED_AS = {"HyperParameterTuning": "Training"}  # kinds whose lines are in another kind's log group
LONGEST_ARGUMENT = 256  # characters of each of a program's arguments: SageMaker's limit
FAULTS_OF_OURS = ("AlgorithmError", "ClientError")  # of the code or the request: the same again fails the same


def failure(kind: str, name: str, job: dict[str, Any]) -> AirflowException:
    """What to raise for a job that did not complete: retried only where a retry can help."""
    status, reason = job[f"{kind}JobStatus"], job.get("FailureReason") or job.get("ExitMessage") or "no reason given"
    text = (
        f"{name} ended {status}: {reason}. A {kind.lower()} job must end Completed. "
        f"Read CloudWatch Logs, group /aws/sagemaker/{LOGGED_AS.get(kind, kind)}Jobs, stream {name}..., mend it and "
        "clear this task."
    )
    is_final = status == "Stopped" or reason.startswith(FAULTS_OF_OURS)
    return AirflowFailException(text) if is_final else AirflowException(text)


class Job(SageMakerBaseOperator):
    """Send the request, let the triggerer watch, answer names. A subclass tells kind, create, describe and summary."""

    kind: str
    watched_as = ""  # the trigger's name for the kind, where that is another

    @property
    def job(self) -> str:
        return self.config[f"{self.kind}JobName"]

    def execute(self, context: Any) -> None:
        self.preprocess_config()
        try:
            self.create()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceInUse":
                raise
            self.log.info("%s exists already: an earlier request of this try got through. Waiting for it.", self.job)
        self.watch()

    def watch(self) -> None:
        trigger = SageMakerTrigger(
            job_name=self.job,
            job_type=self.watched_as or self.kind,
            poke_interval=CHECK_EVERY_SECONDS,
            max_attempts=MOST_CHECKS,
            aws_conn_id=self.aws_conn_id,
        )
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> dict[str, str]:
        return self.summary(self.describe())

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """A watcher that broke is no broken job: look, then wait again or tell the job's own reason."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            job = self.describe()
            status = job[f"{self.kind}JobStatus"]
            if status in self.hook.non_terminal_states:
                self.watch()
            if status == "Completed":
                return self.summary(job)
            raise failure(self.kind, self.job, job) from error


class TrainingJob(Job, SageMakerTrainingOperator):
    """Three settings are laid over `config`, each as a setting is written: as a string.

    `hyperparameters` is a JSON object of strings and can change them all, `instance_count` the number of machines that
    share the training, and `spot` is `true` for machines that AWS may take away at any time.
    """

    kind = "Training"
    template_fields = (*SageMakerTrainingOperator.template_fields, "hyperparameters", "instance_count", "spot")

    def __init__(
        self, *, hyperparameters: str = "{}", instance_count: str = "1", spot: str = "false", **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.hyperparameters, self.instance_count, self.spot = hyperparameters, instance_count, spot

    def create(self) -> None:
        request = self.config | {"HyperParameters": self.config["HyperParameters"] | json.loads(self.hyperparameters)}
        if self.instance_count != "1":
            request["ResourceConfig"] = request["ResourceConfig"] | {"InstanceCount": int(self.instance_count)}
        if self.spot == "true":
            request |= on_spot(request["StoppingCondition"])
        # not the hook's own method: it looks into the data first, for which Airflow's role would need a right
        self.hook.conn.create_training_job(**request)

    def describe(self) -> dict[str, Any]:
        return self.hook.describe_training_job(self.job)

    def summary(self, job: dict[str, Any]) -> dict[str, str]:
        return {"training_job": self.job, "model_data": job["ModelArtifacts"]["S3ModelArtifacts"]}


class ProcessingJob(Job, SageMakerProcessingOperator):
    """A program of ours in the jobs image: folders in, folders out."""

    kind = "Processing"

    def create(self) -> None:
        self.hook.conn.create_processing_job(**self.request())

    def request(self) -> dict[str, Any]:
        """What is sent: the configuration, with no argument longer than AWS takes."""
        program = self.config.get("AppSpecification") or {}
        arguments = [piece for argument in program.get("ContainerArguments", ()) for piece in in_pieces(argument)]
        return self.config | ({"AppSpecification": program | {"ContainerArguments": arguments}} if arguments else {})

    def describe(self) -> dict[str, Any]:
        return self.hook.describe_processing_job(self.job)

    def summary(self, job: dict[str, Any]) -> dict[str, str]:
        return {"processing_job": self.job}


def on_spot(condition: dict[str, int]) -> dict[str, Any]:
    """Machines that cost a third and may be taken away: as long again may be spent on waiting for the next ones."""
    most = condition["MaxRuntimeInSeconds"]
    return {"EnableManagedSpotTraining": True, "StoppingCondition": condition | {"MaxWaitTimeInSeconds": 2 * most}}


def program(script: str, *arguments: str) -> dict[str, Any]:
    """AppSpecification: one script of training/ in the jobs image."""
    return {
        "ImageUri": "{{ var.value.jobs_image }}",
        "ContainerEntrypoint": ["python3", f"/opt/ml/processing/input/code/{script}"],
        "ContainerArguments": list(arguments),
    }


def in_pieces(argument: str) -> list[str]:
    """A list with commas that is too long for one argument as several: fifty symbols are."""
    pieces: list[str] = []
    while len(argument) > LONGEST_ARGUMENT and "," in argument[1:LONGEST_ARGUMENT]:
        at = argument.rindex(",", 1, LONGEST_ARGUMENT)
        pieces.append(argument[:at])
        argument = argument[at + 1 :]
    return [*pieces, argument]


def folder_in(name: str, uri: str) -> dict[str, Any]:
    """Everything under `uri`, in /opt/ml/processing/input/<name>."""
    place = f"/opt/ml/processing/input/{name}"
    source = {"S3Uri": uri, "LocalPath": place, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def folder_out(uri: str) -> dict[str, Any]:
    """What the script leaves in /opt/ml/processing/output goes under `uri` when it has ended well."""
    target = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {"KmsKeyId": KEY, "Outputs": [{"OutputName": "output", "S3Output": target}]}


def one_machine(disk_gb: int) -> dict[str, Any]:
    """One with its disk under our key, which AWS refuses for machine types that bring a disk of their own."""
    machine = {"InstanceType": "{{ var.value.job_instance_type }}", "InstanceCount": 1}
    return machine | {"VolumeSizeInGB": disk_gb, "VolumeKmsKeyId": KEY}
