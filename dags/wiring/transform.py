"""The transform as an Airflow task: whichever engine the setting names is started, watched, and told of.

Lambda answers when it is done. A run of Glue or EMR Serverless is left to the triggerer, and one that failed shows its
own reason and not the watcher's words.
"""

import json
from typing import Any

from airflow.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    TaskDeferralError,
    TaskDeferralTimeout,
)
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.triggers.emr import EmrServerlessStartJobTrigger
from airflow.providers.amazon.aws.triggers.glue import GlueJobCompleteTrigger
from airflow.sdk import BaseOperator
from botocore.exceptions import ClientError

from wiring.defaults import CHECK_EVERY_SECONDS
from wiring.functions import PATIENT
from wiring.jobs import MOST_CHECKS

NO_ENGINE = "none"
STARTED = "started"  # the XCom key under which a task remembers its run
OF_THE_SCRIPT = ("Error Category", "Job failed, please check")  # the same script fails the same


class Glue:
    """A job that Terraform made: only its name is needed."""

    client_type = "glue"
    over, unfinished = "SUCCEEDED", ("RUNNING", "STARTING", "STOPPING", "WAITING")

    def __init__(self, run: dict[str, Any]) -> None:
        self.run = run

    def start(self, client: Any, name: str) -> str:
        """The new run's id, or that of the one that goes on: two at once would write the same files."""
        try:
            return client.start_job_run(JobName=self.run["job"])["JobRunId"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConcurrentRunsExceededException":
                raise
            runs = client.get_job_runs(JobName=self.run["job"], MaxResults=10)["JobRuns"]
            going = [each["Id"] for each in runs if each["JobRunState"] in self.unfinished]
            if not going:  # it has ended meanwhile: the next try starts one
                raise
            return going[0]

    def ended(self, client: Any, run_id: str) -> tuple[str, str]:
        """State and reason."""
        run = client.get_job_run(JobName=self.run["job"], RunId=run_id)["JobRun"]
        return run["JobRunState"], run.get("ErrorMessage") or ""

    def trigger(self, run_id: str) -> Any:
        """What watches it."""
        return GlueJobCompleteTrigger(
            job_name=self.run["job"],
            run_id=run_id,
            waiter_delay=CHECK_EVERY_SECONDS,
            waiter_max_attempts=MOST_CHECKS,
            aws_conn_id=None,
        )

    def log(self, run_id: str) -> str:
        """Where a person reads on."""
        return f"group /aws-glue/jobs/{self.run['job']}, stream {run_id}"


class EmrServerless:
    """An application that Terraform made; a run brings script, libraries and role along."""

    client_type = "emr-serverless"
    over, unfinished = "SUCCESS", ("CANCELLING", "PENDING", "QUEUED", "RUNNING", "SCHEDULED", "SUBMITTED")

    def __init__(self, run: dict[str, Any]) -> None:
        self.run = run

    def start(self, client: Any, name: str) -> str:
        """The new run's id; the same again for the same name, which is the token too."""
        log = {"enabled": True, "logGroupName": self.run["log_group"]}
        submit = {
            "entryPoint": self.run["script"],
            "entryPointArguments": self.run["arguments"],
            "sparkSubmitParameters": self.run["parameters"],
        }
        return client.start_job_run(
            applicationId=self.run["application_id"],
            clientToken=name,
            configurationOverrides={"monitoringConfiguration": {"cloudWatchLoggingConfiguration": log}},
            executionRoleArn=self.run["role_arn"],
            jobDriver={"sparkSubmit": submit},
            name=name,
        )["jobRunId"]

    def ended(self, client: Any, run_id: str) -> tuple[str, str]:
        """State and reason."""
        run = client.get_job_run(applicationId=self.run["application_id"], jobRunId=run_id)["jobRun"]
        return run["state"], run.get("stateDetails") or ""

    def trigger(self, run_id: str) -> Any:
        """What watches it."""
        return EmrServerlessStartJobTrigger(
            application_id=self.run["application_id"],
            job_id=run_id,
            waiter_delay=CHECK_EVERY_SECONDS,
            waiter_max_attempts=MOST_CHECKS,
            aws_conn_id=None,
        )

    def log(self, run_id: str) -> str:
        """Where a person reads on."""
        return f"group {self.run['log_group']}, streams applications/{self.run['application_id']}/jobs/{run_id}/..."


SPARK: dict[str, Any] = {"emr_serverless": EmrServerless, "glue": Glue}


class Transform(BaseOperator):
    """`engine` and `run` are settings as they stand; `name` is unique per try, and the same when a try is repeated."""

    template_fields = ("engine", "run", "name")

    def __init__(
        self, *, engine: str, run: str, name: str, aws_conn_id: Any = None, botocore_config: Any = None, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self.engine, self.run, self.name = engine, run, name
        self.aws_conn_id, self.botocore_config = aws_conn_id, botocore_config

    def execute(self, context: Any) -> Any:
        if self.engine == NO_ENGINE:
            raise AirflowSkipException("transform.engine is none: this environment has no feature table.")
        run = json.loads(self.run)
        if self.engine == "lambda":
            return self.call(run["function"])
        spark = SPARK[self.engine](run)
        run_id = spark.start(self.client(spark.client_type), self.name)
        context["ti"].xcom_push(key=STARTED, value=run_id)
        self.watch(spark, run_id)

    def call(self, function: str) -> dict[str, Any]:
        """The function's answer; its own words where it failed."""
        answer = self.client("lambda", PATIENT).invoke(FunctionName=function, Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            words = f"{payload.get('errorType')}: {payload.get('errorMessage')}"
            where = f"CloudWatch Logs, group /aws/lambda/{function}"
            raise AirflowException(f"{function} failed: {words} Its log is {where}.")
        return payload

    def watch(self, spark: Any, run_id: str) -> None:
        self.defer(trigger=spark.trigger(run_id), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any = None) -> dict[str, str]:
        return self.judged(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """A watcher that broke is no broken run: look, then wait again or tell the run's own reason."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout):
            return self.judged(context)

    def judged(self, context: Any) -> dict[str, str]:
        """The run as its service tells it: waited for again, well ended, or failed with its reason."""
        spark = SPARK[self.engine](json.loads(self.run))
        run_id = context["ti"].xcom_pull(task_ids=self.task_id, key=STARTED)
        state, reason = spark.ended(self.client(spark.client_type), run_id)
        if state in spark.unfinished:
            self.watch(spark, run_id)
        if state == spark.over:
            return {"engine": self.engine, "run": run_id}
        text = (
            f"The transform's run {run_id} ended {state}: {reason or 'no reason given'} It must end {spark.over}. "
            f"Read CloudWatch Logs, {spark.log(run_id)}, mend it and clear this task."
        )
        is_final = state != "FAILED" or reason.startswith(OF_THE_SCRIPT)
        raise AirflowFailException(text) if is_final else AirflowException(text)

    def client(self, kind: str, config: Any = None) -> Any:
        return AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type=kind, config=config or self.botocore_config).conn
