"""The transform by any engine: started once, watched, and a failure in the run's own words."""

import io
import json
from typing import Any

import pytest
from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from botocore.exceptions import ClientError
from fakes import deferred, error, raises_exactly, remembering
from wiring.transform import Transform

BROKEN_WATCHER = ("__fail__", {"error": "Trigger failure"})
RUNS = {
    "emr_serverless": {
        "application_id": "app", "arguments": ["--bars", "s3://b/"], "log_group": "/aws/emr-serverless/x",
        "parameters": "--conf a=b", "role_arn": "arn:role", "script": "s3://code/transform_spark.py",
    },
    "glue": {"job": "stockcast-test-transform"},
    "lambda": {"function": "stockcast-test-transform"},
    "none": {},
}  # fmt: skip


class Engine:
    """Glue, EMR Serverless and Lambda in one, from memory."""

    def __init__(self, state: str = "", reason: str = "", answer: Any = None, is_busy: bool = False) -> None:
        self.state, self.reason, self.answer, self.is_busy = state, reason, answer, is_busy
        self.requests: list[dict[str, Any]] = []

    def start_job_run(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        if self.is_busy:
            raise error("ConcurrentRunsExceededException", "Concurrent runs exceeded")
        return {"JobRunId": "run-1", "jobRunId": "run-1"}

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        return {"JobRuns": [{"Id": "old", "JobRunState": "SUCCEEDED"}, {"Id": "busy", "JobRunState": "RUNNING"}]}

    def get_job_run(self, **_: Any) -> dict[str, Any]:
        return {
            "JobRun": {"JobRunState": self.state, "ErrorMessage": self.reason},
            "jobRun": {"state": self.state, "stateDetails": self.reason},
        }

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer, more = self.answer
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **more}


def task(engine: str, client: Engine) -> Transform:
    made = Transform(
        task_id="transform", engine=engine, run=json.dumps(RUNS[engine]), name="name-1", aws_conn_id=None,
        botocore_config={},
    )  # fmt: skip
    made.__dict__["client"] = lambda kind, config=None: client
    return made


def resumed(engine: str, client: Engine, *how: Any) -> Any:
    """What the task says when its watcher comes back so."""
    made, remembered = task(engine, client), remembering()
    deferred(lambda: made.execute(remembered))
    return made.resume_execution(*how, remembered)


def test_without_an_engine_nothing_is_done_and_nothing_is_red():
    with raises_exactly(AirflowSkipException, "no feature table"):
        task("none", Engine()).execute(remembering())


def test_a_function_is_called_once_and_its_answer_goes_on():
    client = Engine(answer=({"rows": 3}, {}))

    assert task("lambda", client).execute(remembering()) == {"rows": 3}
    assert [request["FunctionName"] for request in client.requests] == ["stockcast-test-transform"]


def test_a_function_that_failed_says_why():
    client = Engine(answer=({"errorType": "NoBars", "errorMessage": "no bars."}, {"FunctionError": "Unhandled"}))

    with raises_exactly(AirflowException, "NoBars: no bars.", "/aws/lambda/stockcast-test-transform"):
        task("lambda", client).execute(remembering())


def test_a_spark_run_is_started_and_left_to_the_triggerer():
    glue, emr = Engine(), Engine()

    by_glue = deferred(lambda: task("glue", glue).execute(remembering()))
    by_emr = deferred(lambda: task("emr_serverless", emr).execute(remembering()))

    assert (by_glue.trigger.job_name, by_glue.trigger.run_id) == ("stockcast-test-transform", "run-1")
    assert emr.requests[0]["clientToken"] == emr.requests[0]["name"] == "name-1"
    assert emr.requests[0]["executionRoleArn"] == "arn:role"
    assert emr.requests[0]["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"] == "--conf a=b"
    for waiting in (by_glue, by_emr):
        assert waiting.method_name == "execute_complete"
        assert waiting.trigger.attempts * waiting.trigger.waiter_delay >= 24 * 3600


def test_a_glue_run_that_goes_on_already_is_waited_for():
    """A second one would be refused, and the first is the one that was asked for."""
    waiting = deferred(lambda: task("glue", Engine(is_busy=True)).execute(remembering()))

    assert waiting.trigger.run_id == "busy"


def test_a_busy_glue_whose_run_has_just_ended_is_tried_again():
    client = Engine(is_busy=True)
    client.get_job_runs = lambda **_: {"JobRuns": [{"Id": "old", "JobRunState": "SUCCEEDED"}]}

    with raises_exactly(ClientError, "ConcurrentRunsExceededException"):
        task("glue", client).execute(remembering())


@pytest.mark.parametrize(("engine", "state"), [("glue", "SUCCEEDED"), ("emr_serverless", "SUCCESS")])
def test_a_run_that_ended_well_is_named(engine, state):
    result = resumed(engine, Engine(state), "execute_complete", {"event": {"status": "success"}})

    assert result == {"engine": engine, "run": "run-1"}


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("glue", "Error Category: UNCLASSIFIED_ERROR; ValueError: bars hold no volume"),
        ("emr_serverless", "Job failed, please check complete logs. ExitCode: 1. ValueError: bars hold no volume"),
    ],
    ids=["glue", "emr_serverless"],
)
def test_a_script_that_failed_is_told_with_its_words_and_not_tried_again(engine, reason):
    with raises_exactly(AirflowFailException, "ended FAILED", "bars hold no volume", "CloudWatch Logs"):
        resumed(engine, Engine("FAILED", reason), *BROKEN_WATCHER)


def test_what_failed_before_the_script_is_tried_again():
    with raises_exactly(AirflowException, "LAUNCH ERROR"):
        resumed("glue", Engine("FAILED", "LAUNCH ERROR | no capacity"), *BROKEN_WATCHER)


def test_a_run_that_somebody_stopped_is_not_started_again():
    with raises_exactly(AirflowFailException, "ended STOPPED"):
        resumed("glue", Engine("STOPPED"), *BROKEN_WATCHER)


def test_a_watcher_that_broke_is_replaced_while_the_run_goes_on():
    waiting = deferred(lambda: resumed("emr_serverless", Engine("RUNNING"), *BROKEN_WATCHER))

    assert waiting.trigger.serialize()[1]["job_id"] == "run-1"
