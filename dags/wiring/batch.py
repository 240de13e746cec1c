"""The same training on AWS Batch: what is asked of SageMaker is handed to a job that runs the same script.

Which of both trains is a setting. The bundle lies under the same key either way, so that nothing after `train` knows.
"""

import json
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferralError, TaskDeferralTimeout
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.triggers.batch import BatchJobTrigger

from wiring.defaults import CHECK_EVERY_SECONDS
from wiring.jobs import MOST_CHECKS, Job, TrainingJob

BACKENDS = ("batch", "sagemaker")
SUBMITTED = "submitted"  # the XCom key under which a task remembers its job
EXITED = "Essential container in task exited"  # the script itself ended: the same again fails the same
NOT_FOR_THE_SCRIPT = ("checkpoint_dir", "sagemaker_")  # the job's entry brings code and chooses folders


class Training(TrainingJob):
    """A TrainingJob that `backend` sends to SageMaker or to Batch; `run` tells queue and definition as JSON."""

    template_fields = (*TrainingJob.template_fields, "backend", "run")

    def __init__(self, *, backend: str = "sagemaker", run: str = "{}", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.backend, self.run = backend, run

    def execute(self, context: Any) -> Any:
        if self.backend not in BACKENDS:
            raise AirflowFailException(
                f"training_backend is {self.backend}; it must be one of {', '.join(BACKENDS)}. Set training.backend in "
                "envs/<environment>/platform.tfvars and apply."
            )
        if self.backend == "sagemaker":
            return super().execute(context)
        job = self.submitted()
        context["ti"].xcom_push(key=SUBMITTED, value=job)
        self.watch_batch(job)

    def submitted(self) -> str:
        """The id of a new job, or of the one that an earlier request of this try has made: names are a try's own."""
        place, batch = json.loads(self.run), self.batch()
        same = [{"name": "JOB_NAME", "values": [self.job]}]
        found = batch.list_jobs(jobQueue=place["queue"], filters=same)["jobSummaryList"]
        if found:
            self.log.info("%s exists already: an earlier request of this try got through. Waiting for it.", self.job)
            return found[0]["jobId"]
        return batch.submit_job(
            jobName=self.job,
            jobQueue=place["queue"],
            jobDefinition=place["definition"],
            containerOverrides={"environment": self.variables()},
        )["jobId"]

    def variables(self) -> list[dict[str, str]]:
        """What training/entry/on_batch.py reads, out of the request for SageMaker."""
        every = self.config["HyperParameters"] | json.loads(self.hyperparameters)
        own = {name: value for name, value in every.items() if not name.startswith(NOT_FOR_THE_SCRIPT)}
        channels = {
            each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"] for each in self.config["InputDataConfig"]
        }
        told = {
            **self.config["Environment"],
            "TRAINING_CHANNELS": json.dumps(channels),
            "TRAINING_CHECKPOINTS": self.config["CheckpointConfig"]["S3Uri"],
            "TRAINING_HYPERPARAMETERS": json.dumps(own),
            "TRAINING_JOB_NAME": self.job,
            "TRAINING_OUTPUT": self.config["OutputDataConfig"]["S3OutputPath"],
            "TRAINING_SOURCE": every["sagemaker_submit_directory"],
        }
        return [{"name": name, "value": value} for name, value in told.items()]

    def watch_batch(self, job: str) -> None:
        trigger = BatchJobTrigger(
            job_id=job,
            region_name=None,
            aws_conn_id=self.aws_conn_id,
            waiter_delay=CHECK_EVERY_SECONDS,
            waiter_max_attempts=MOST_CHECKS,
        )
        self.defer(trigger=trigger, method_name="batch_complete")

    def batch_complete(self, context: Any, event: dict[str, Any] | None = None) -> dict[str, str]:
        return self.judged(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """A watcher that broke is no broken job: look, then wait again or tell the job's own reason."""
        if self.backend == "sagemaker":
            return super().resume_execution(next_method, next_kwargs, context)
        try:
            return super(Job, self).resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout):
            return self.judged(context)

    def judged(self, context: Any) -> dict[str, str]:
        """The job as Batch tells it: waited for again, well ended, or failed with its reason."""
        job = context["ti"].xcom_pull(task_ids=self.task_id, key=SUBMITTED)
        told = self.batch().describe_jobs(jobs=[job])["jobs"][0]
        if told["status"] == "SUCCEEDED":
            output = self.config["OutputDataConfig"]["S3OutputPath"].rstrip("/")
            return {"training_job": self.job, "model_data": f"{output}/{self.job}/output/model.tar.gz"}
        if told["status"] != "FAILED":
            self.watch_batch(job)
        raise failure(self.job, told, json.loads(self.run)["log_group"])

    def batch(self) -> Any:
        return AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="batch", config=self.botocore_config).conn


def failure(name: str, job: dict[str, Any], log_group: str) -> AirflowException:
    """What to raise for a job that failed: tried again only where that can help."""
    container, why = job.get("container", {}), job.get("statusReason") or "no reason given"
    code = container.get("exitCode")
    told = why + (f", exit code {code}" if code is not None else "") + f" {container.get('reason', '')}".rstrip()
    stream = container.get("logStreamName", "train/...")
    text = (
        f"{name} ended FAILED on Batch after {len(job.get('attempts', []))} attempts: {told}. It must end SUCCEEDED. "
        f"Read CloudWatch Logs, group {log_group}, stream {stream}, mend it and clear this task."
    )
    return AirflowFailException(text) if why == EXITED else AirflowException(text)
