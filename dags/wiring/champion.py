"""The champion: the model that serves now. A candidate has to be better for a reason, so its job gets both."""

from typing import Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook

from wiring import hosting, registry
from wiring.jobs import ProcessingJob, folder_in

PLACE = "/opt/ml/processing/input/champion"


def find(endpoint: str, group: str, candidate: str, client: Any = None) -> str:
    """Where the champion's artefact lies; empty if no approved version answers, and the candidate's may be the first.

    A person who rejects the version that serves takes its title away: the next model that passes replaces it. A
    candidate that was deployed and is judged again is not its own champion.
    """
    client = client or SageMakerHook(aws_conn_id=None).conn
    found = hosting.find_endpoint(client, endpoint)
    if found is None or found["EndpointStatus"] not in hosting.ANSWERING:
        return ""
    version = registry.version_of(client, group, found["EndpointConfigName"])  # named after the training job
    if version is None or version["ModelApprovalStatus"] != "Approved":
        return ""
    model_data = registry.model_data_of(version)
    return "" if model_data == candidate else model_data


class JudgingJob(ProcessingJob):
    """evaluate.py beside the champion. Where there is none its input is left out, for AWS refuses an empty folder."""

    template_fields = (*ProcessingJob.template_fields, "champion")

    def __init__(self, *, champion: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.champion = champion

    def request(self) -> dict[str, Any]:
        request = super().request()
        if not self.champion:
            return request
        program = request["AppSpecification"]
        arguments = [*program["ContainerArguments"], "--champion", PLACE]
        return request | {
            "AppSpecification": program | {"ContainerArguments": arguments},
            "ProcessingInputs": [*request["ProcessingInputs"], folder_in("champion", self.champion)],
        }
