"""Model, endpoint configuration and endpoint: made once, adopted when there, and never believed unseen."""

import json
from functools import cached_property
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferralError, TaskDeferralTimeout
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerBaseOperator,
    SageMakerEndpointConfigOperator,
    SageMakerEndpointOperator,
    SageMakerModelOperator,
)
from airflow.providers.amazon.aws.triggers.sagemaker import SageMakerTrigger
from botocore.exceptions import ClientError

from wiring import scaling
from wiring.defaults import CHECK_EVERY_SECONDS

START_SECONDS = 3600  # for new machines to start, beside what a deployment waits on purpose
# An update leaves the old model answering; where going back failed as well, both do.
ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
BEYOND_REPAIR = ("Failed", "OutOfService")  # serves nobody, and AWS lets it only be deleted
HORIZONS = (1, 5, 21)  # trading days


def find_endpoint(client: Any, name: str) -> dict[str, Any] | None:
    """Its description, or None if there is none. A missing right is an error, not a missing endpoint."""
    try:
        return client.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if error.response["Error"]["Message"].startswith("Could not find endpoint"):
            return None
        raise


def is_answering(endpoint: str, client: Any = None) -> bool:
    """Whether forecasts can be asked for. An update under way does not matter, for the old model answers meanwhile."""
    found = find_endpoint(client or SageMakerHook(aws_conn_id=None).conn, endpoint)
    if found is None:
        return False
    if found["EndpointStatus"] == "Creating":
        raise AirflowException(f"{endpoint} is being created; it must be InService or absent. Wait: this is retried.")
    return found["EndpointStatus"] in ANSWERING


class _Once(SageMakerBaseOperator):
    """A name that is taken already holds what we want, because it comes from the training job's name."""

    name_key: str

    def execute(self, context: Any) -> str:
        name = self.config[self.name_key]
        try:
            super().execute(context)
        except ClientError as error:
            if not error.response["Error"]["Message"].startswith("Cannot create already existing"):
                raise
            self.log.info("%s exists already; it is taken as it is.", name)
        return name


class CreateModel(_Once, SageMakerModelOperator):
    name_key = "ModelName"


class CreateEndpointConfig(_Once, SageMakerEndpointConfigOperator):
    name_key = "EndpointConfigName"


class DeployEndpoint(SageMakerEndpointOperator):
    """Bring the endpoint to the wanted configuration: create, update, or find that it is there already.

    A failed update leaves the old configuration InService, which the provider's operator takes for success.
    `deployment` is boto3's DeploymentConfig and `scaling` what wiring.scaling takes, both as JSON.
    """

    template_fields = (*SageMakerEndpointOperator.template_fields, "deployment", "scaling", "tags")

    def __init__(self, *, deployment: str, scaling: str, tags: list[dict[str, str]], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.deployment, self.scaling, self.tags = deployment, scaling, tags

    @property
    def endpoint(self) -> str:
        return self.config["EndpointName"]

    @cached_property
    def scaler(self) -> Any:
        return AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="application-autoscaling").conn

    def execute(self, context: Any) -> dict[str, str] | None:
        found = find_endpoint(self.hook.conn, self.endpoint)
        status = found["EndpointStatus"] if found else "Absent"
        if found is None:
            self.create()
        elif status == "Deleting" or status in BEYOND_REPAIR:
            self.replace(is_going=status == "Deleting")
        elif status in self.hook.endpoint_non_terminal_states:
            self.watch("execute")  # somebody's change is under way: let it end, then look again
        elif status == "InService" and self.is_wanted(found):
            self.scale()
            return self.config
        else:
            self.update(found)
        self.watch("execute_complete")
        return None

    def is_wanted(self, found: dict[str, Any]) -> bool:
        return found["EndpointConfigName"] == self.config["EndpointConfigName"]

    def create(self) -> None:
        self.hook.conn.create_endpoint(**self.config, DeploymentConfig=json.loads(self.deployment), Tags=self.tags)

    def update(self, found: dict[str, Any]) -> None:
        """Keep as many machines as scaling has brought it to; a new kind of machine ends the scaling, as AWS asks."""
        request = self.config | {"DeploymentConfig": json.loads(self.deployment)}
        if scaling.is_registered(self.endpoint, self.scaler):
            if json.loads(self.scaling) and self.machine(self.config) == self.machine(found):
                request["RetainAllVariantProperties"] = True
            else:
                scaling.end(self.endpoint, self.scaler)
        try:
            self.hook.conn.update_endpoint(**request)
        except ClientError as error:
            if found["EndpointStatus"] != "UpdateRollbackFailed":
                raise
            raise AirflowFailException(
                f"{self.endpoint} is UpdateRollbackFailed, answers with two models, and AWS refuses to update it: "
                f"{error}. It must be InService. Delete it and clear this task; nothing answers in between."
            ) from error

    def machine(self, holder: dict[str, Any]) -> str | None:
        """The instance type of a configuration; None when it was deleted."""
        try:
            config = self.hook.describe_endpoint_config(holder["EndpointConfigName"])
        except ClientError as error:
            if error.response["Error"]["Message"].startswith("Could not find"):
                return None
            raise
        return config["ProductionVariants"][0].get("InstanceType")

    def replace(self, is_going: bool) -> None:
        if not is_going:
            self.hook.conn.delete_endpoint(EndpointName=self.endpoint)
        waiting = {"Delay": CHECK_EVERY_SECONDS, "MaxAttempts": 100}
        self.hook.conn.get_waiter("endpoint_deleted").wait(EndpointName=self.endpoint, WaiterConfig=waiting)
        self.create()

    def scale(self) -> None:
        scaling.bring_to(self.endpoint, json.loads(self.scaling), self.scaler)

    def watch(self, then: str) -> None:
        policy = json.loads(self.deployment).get("BlueGreenUpdatePolicy", {})
        patience = START_SECONDS + policy.get("MaximumExecutionTimeoutInSeconds", 0)
        trigger = SageMakerTrigger(
            job_name=self.endpoint,
            job_type="endpoint",
            poke_interval=CHECK_EVERY_SECONDS,
            max_attempts=patience // CHECK_EVERY_SECONDS,
            aws_conn_id=self.aws_conn_id,
        )
        self.defer(trigger=trigger, method_name=then)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> dict[str, str]:
        found = self.hook.describe_endpoint(self.endpoint)
        if found["EndpointStatus"] == "InService" and self.is_wanted(found):
            self.scale()
            return self.config
        refusal = AirflowFailException(unwanted(found, self.config["EndpointConfigName"]))
        if found["EndpointStatus"] == "InService":
            try:
                self.scale()  # the old model stays, and so must its scaling
            except ClientError as error:
                raise refusal from error
        raise refusal

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Tell SageMaker's reason for a failed endpoint instead of the waiter's words."""
        if next_method == "execute":
            return self.execute(context)
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout):
            return self.execute_complete(context)


def unwanted(found: dict[str, Any], wanted: str) -> str:
    """Why an endpoint is not what was asked for, and who serves meanwhile."""
    serves = "What answered before still answers" if found["EndpointStatus"] in ANSWERING else "Nothing answers now"
    return (
        f"{found['EndpointName']} is {found['EndpointStatus']} with {found['EndpointConfigName']} "
        f"({found.get('FailureReason') or 'no reason given'}); it must be InService with {wanted}. "
        f"Read CloudWatch Logs, group /aws/sagemaker/Endpoints/{found['EndpointName']}. "
        f"{serves}; mend the cause and train again."
    )


def newest_request(bucket: str, day: str, symbol_slug: str, s3: Any = None) -> bytes:
    """The serving request of the newest clean day not after `day`; training may run on a day without prices."""
    s3 = s3 or S3Hook(aws_conn_id=None)
    folders = s3.list_prefixes(bucket_name=bucket, prefix="recent/", delimiter="/") or []
    days = sorted(folder.split("day=")[1].strip("/") for folder in folders)
    known = [past for past in days if past <= day]
    if not known:
        raise AirflowFailException(
            f"s3://{bucket}/recent/ holds the days {days or 'none'}; one on or before {day} must be there. "
            "Run forecast_prices for that day first: its clean_bars writes it."
        )
    return s3.get_key(f"recent/day={known[-1]}/symbol={symbol_slug}.json", bucket).get()["Body"].read()


def smoke_test(endpoint: str, wanted: str, request: bytes, control: Any = None, runtime: Any = None) -> list[str]:
    """Ask the endpoint for one symbol; answer the horizons it knows, or say what is wrong with it."""
    control = control or SageMakerHook(aws_conn_id=None).conn
    runtime = runtime or AwsBaseHook(aws_conn_id=None, client_type="sagemaker-runtime").conn
    found = control.describe_endpoint(EndpointName=endpoint)
    if found["EndpointStatus"] != "InService" or found["EndpointConfigName"] != wanted:
        raise AirflowFailException(unwanted(found, wanted))
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=request)
    forecasts = json.loads(answer["Body"].read())["forecasts"]
    told = sorted((forecast["horizon"], forecast["model_version"]) for forecast in forecasts)
    if told != [(horizon, wanted) for horizon in HORIZONS]:
        raise AirflowFailException(
            f"{endpoint} answers {told}; it must answer {wanted} at the horizons {HORIZONS}. "
            "Compare the model's recipe.json in s3 with the serving image."
        )
    return [f"{horizon} days" for horizon, _ in told]
