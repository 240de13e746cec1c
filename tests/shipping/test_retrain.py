"""A training run is asked for once per commit, and only when the commit's own code would run in it."""

import pytest
from tests.shipping.stand_in_airflow import Clock, StandInAirflow

from shipping import retrain
from shipping.airflow_api import Api
from shipping.environments import Refused
from shipping.retrain import Waiting, Wanted

OLD = {
    "job_code": "s3://models/code/aaa/files",
    "jobs_image": "1.dkr.ecr/jobs:t1",
    "serving_image": "1.dkr.ecr/serving:t1",
    "models_bucket": "models",
    "model_package_group": "group",
}
NEW = {**OLD, "job_code": "s3://models/code/bbb/files", "serving_image": "1.dkr.ecr/serving:t2"}
WANTED = Wanted("bbb", {"jobs": "t1", "serving": "t2"})


def waiting(settings, clock, said):
    return Waiting(settings, WANTED, "dev", 100, clock.now, clock.sleep, said.append)


def test_it_waits_until_code_and_images_are_the_commit_s():
    """A run with the code of yesterday would be judged as if it were this commit's."""
    clock, said, now = Clock(), [], dict(OLD)
    clock.at(30, lambda: now.update(job_code=NEW["job_code"]))
    clock.at(50, lambda: now.update(NEW))

    assert waiting(lambda: dict(now), clock, said).wait() == NEW
    assert clock.now() == 50
    assert "job_code is s3://models/code/aaa/files, not of the code bbb" in said[0]


def test_a_commit_that_nobody_applies_fails_with_the_way_out():
    """The pipeline waits for an approval that was forgotten: somebody has to hear of it."""
    clock = Clock()

    with pytest.raises(Refused, match=r"serving_image is .*:t1, not of the tag t2.*has to apply the commit.*retry"):
        waiting(lambda: {**NEW, "serving_image": OLD["serving_image"]}, clock, []).wait()


def test_code_whose_name_only_contains_the_hash_is_not_it():
    assert WANTED.lacking({**NEW, "job_code": "s3://models/code/bbbb/files"})


@pytest.fixture
def airflow():
    airflow = StandInAirflow()
    airflow.lists("train_model", "x")
    return airflow


def test_a_second_call_adopts_the_run_of_the_first(airflow):
    """A retried stage must not train, and pay, twice."""
    first = retrain.asked(Api(airflow, "a"), "deploy__1", {"day": "2013-03-01"})
    airflow.runs["deploy__1"]["state"] = "running"
    again = retrain.asked(Api(airflow, "a"), "deploy__1", {})

    assert first == ["train_model deploy__1 is asked for and is queued."]
    assert again == ["train_model deploy__1 was asked for before and is running."]
    assert airflow.runs["deploy__1"]["conf"] == {"day": "2013-03-01"}


def test_a_paused_dag_is_told_because_its_run_would_wait_for_ever(airflow):
    """New DAGs are paused on MWAA."""
    airflow.lists("train_model", "x", paused=True)

    assert "paused" in retrain.asked(Api(airflow, "a"), "deploy__1", {})[1]


def test_an_airflow_without_the_dag_is_told(airflow):
    airflow.unlists("train_model")

    with pytest.raises(Refused, match=r"lists no DAG train_model"):
        retrain.asked(Api(airflow, "a"), "deploy__1", {})


def test_a_run_is_named_after_the_commit():
    assert retrain.run_id("0123456789abcdef0123", "bbb") == "deploy__0123456789ab"
    assert retrain.run_id("unknown", "bbb") == "deploy__bbb"


def test_parameters_are_json_or_nothing():
    assert retrain.parameters("") == {}
    assert retrain.parameters('{"day": "2013-03-01"}') == {"day": "2013-03-01"}
    for bad in ("2013-03-01", "[1]", "{day"):
        with pytest.raises(Refused, match=r"must be a JSON object"):
            retrain.parameters(bad)


class Parameters:
    """SSM with the settings of an environment."""

    def __init__(self, given):
        self.given = {f"/stockcast/dev/{name}": value for name, value in given.items()}

    def get_parameters(self, Names):
        known = [{"Name": name, "Value": self.given[name]} for name in Names if name in self.given]
        return {"Parameters": known, "InvalidParameters": [name for name in Names if name not in self.given]}


def test_settings_are_read_as_airflow_reads_them():
    assert retrain.settings(Parameters(NEW), "/stockcast/dev") == NEW


def test_a_setting_that_is_missing_is_told():
    """An environment that is applied in part would else be waited for until the end."""
    with pytest.raises(Refused, match=r"/stockcast/dev/job_code is not set"):
        retrain.settings(_without("job_code"), "/stockcast/dev")


def _without(name):
    return Parameters({key: value for key, value in NEW.items() if key != name})


def test_tags_of_values_win_over_those_of_content(monkeypatch):
    """Locally programs stand for images, whose tag is always the same."""
    made = {"job_code_hash": "bbb", "image_tags": {"jobs": "t1", "serving": "t2"}}
    monkeypatch.setattr(retrain.package, "build", lambda root, out: made)

    assert retrain.wanted("local") == Wanted("bbb", {"jobs": "local", "serving": "local"})
    assert retrain.wanted("dev") == Wanted("bbb", {"jobs": "t1", "serving": "t2"})
