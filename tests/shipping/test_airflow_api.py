"""Airflow's REST API as the deliveries see it: everything it lists, and refusals that name the way out."""

import pytest
from tests.shipping.stand_in_airflow import StandInAirflow, refusal

from shipping import airflow_api
from shipping.airflow_api import Api, NotNow
from shipping.environments import Refused


@pytest.fixture
def airflow():
    return StandInAirflow()


@pytest.fixture
def api(airflow):
    return Api(airflow, "stockcast-dev-airflow")


def test_every_page_is_read():
    """The hundred-and-first DAG would count as missing for ever."""
    airflow = StandInAirflow(page=2)
    for number in range(5):
        airflow.lists(f"watch_{number}", "x")

    dags = Api(airflow, "a").dags()

    assert [dag.file for dag in dags] == [f"watch_{number}.py" for number in range(5)]


def test_files_and_times_are_told_as_the_bucket_tells_them(airflow, api):
    """MWAA's absolute paths would match no file of ours."""
    airflow.lists("train_model", "x", parsed_at=1000.5, paused=True)
    airflow.cannot_import("wiring/names.py", 2000.0, "SyntaxError: no")

    assert api.dags() == [airflow_api.Dag("train_model", "train_model.py", 1000.5, True)]
    (error,) = api.import_errors()
    assert (error.file, error.told_at, error.reason) == ("wiring/names.py", 2000.0, "SyntaxError: no")


@pytest.mark.parametrize("answer", [{"content": "x = 1\n"}, "x = 1\n"])
def test_a_source_is_taken_as_json_or_as_text(airflow, api, answer):
    """Which of the two comes depends on what MWAA asks Airflow for."""
    airflow.lists("train_model", answer)

    assert api.source("train_model") == "x = 1\n"
    assert api.source("gone") is None


def test_a_run_that_is_there_already_is_not_started_again(airflow, api):
    """A retried stage would train twice."""
    assert api.trigger("train_model", "deploy__1", {"day": "x"})["state"] == "queued"
    assert api.trigger("train_model", "deploy__1", {}) is None
    assert api.run("train_model", "deploy__1")["conf"] == {"day": "x"}
    assert api.run("train_model", "deploy__2") is None


@pytest.mark.parametrize(
    "problem",
    [
        refusal("RestApiServerException", 503),
        refusal("RestApiClientException", 429),
        refusal("InternalServerException", 0),
        refusal("ThrottlingException", 0),
    ],
    ids=lambda problem: problem.response["Error"]["Code"],
)
def test_a_busy_airflow_may_be_asked_again(airflow, api, problem):
    """A deployment must not fail because a web server took eleven seconds once."""
    airflow.refuses.append(problem)

    with pytest.raises(NotNow):
        api.dags()


def test_a_role_that_may_not_is_told_so_and_not_asked_again(airflow, api):
    airflow.refuses.append(refusal("RestApiClientException", 403, "Forbidden"))

    with pytest.raises(Refused, match=r"403.*Forbidden.*Airflow role") as told:
        api.dags()
    assert not isinstance(told.value, NotNow)


def test_a_path_that_is_too_long_is_refused_here(api):
    with pytest.raises(Refused, match=r"takes 64"):
        api.source("x" * 60)


def test_an_environment_that_is_being_changed_is_told():
    """For half an hour after a change of requirements no call would succeed."""
    with pytest.raises(Refused, match=r"toys is UPDATING"):
        airflow_api.check_available({"Name": "toys", "Status": "UPDATING"})
