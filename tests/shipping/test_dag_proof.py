"""A delivery is green only when Airflow serves the commit; each way of not serving it is told by file."""

import io
import json

import pytest
from botocore.exceptions import ClientError
from tests.shipping.stand_in_airflow import Clock, StandInAirflow, refusal

from shipping import dag_proof
from shipping.airflow_api import Api
from shipping.dag_manifest import HASH, Manifest, digest
from shipping.dag_proof import Patience, Proof
from shipping.environments import Refused

SYNCED = 1000.0
FILES = {"train_model.py": b"new\n", "wiring/names.py": b"x\n", "requirements.txt": b"--constraint\n"}
HASHES = {path: digest(content) for path, content in FILES.items()}
PATIENCE = Patience(deadline=60, every=1, mirror=5)


@pytest.fixture
def airflow():
    return StandInAirflow()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def proof(airflow, clock, said):
    """Of a commit that brought train_model.py at SYNCED; helpers are older."""
    manifest = Manifest("c0ffee", HASHES, python_changed_at=SYNCED, helpers_changed_at=0.0)
    return Proof(Api(airflow, "toys"), FILES, manifest, PATIENCE, said.append, clock.now, clock.sleep)


def test_it_waits_for_the_new_source_and_no_longer(proof, airflow, clock, said):
    """Green before that would show a user the old DAG."""
    airflow.lists("train_model", "old\n")
    clock.at(7, lambda: airflow.lists("train_model", "new\n"))

    assert "serves train_model as of c0ffee" in proof.wait()
    assert clock.now() == 7
    assert said == ["waiting: train_model.py: Airflow still serves an older version of it"]


def test_a_source_that_is_never_served_fails_and_names_the_file(proof, airflow):
    airflow.lists("train_model", "old\n")

    with pytest.raises(Refused, match=r"(?s)c0ffee within 60 s.*train_model.py: Airflow still serves an older"):
        proof.wait()


def test_a_dag_that_is_never_listed_fails_and_names_the_file(proof):
    with pytest.raises(Refused, match=r"train_model.py: Airflow lists no DAG of it yet"):
        proof.wait()


def test_a_dag_whose_file_is_gone_has_to_go_too(proof, airflow, clock):
    """A deleted DAG that stays listed goes on running."""
    airflow.lists("train_model", "new\n")
    airflow.lists("watch_market", "x")

    with pytest.raises(Refused, match=r"watch_market.py: its file is gone, and Airflow still lists watch_market"):
        proof.wait()
    airflow.unlists("watch_market")
    assert proof.wait()


def test_an_import_error_of_the_new_version_fails_at_once(proof, airflow, clock):
    """The DAG runs no more, and a minute of waiting would not bring it back."""
    airflow.cannot_import("train_model.py", SYNCED + 6, "NameError: name 'dga' is not defined")

    with pytest.raises(Refused, match=r"c0ffee brought:\n  train_model.py: NameError: name 'dga'"):
        proof.wait()
    assert clock.now() == 0


def test_an_import_error_of_the_version_before_is_no_fault_of_this_commit(proof, airflow, clock):
    """Else nobody could ever mend a broken DAG: the mending push would be red."""
    airflow.cannot_import("train_model.py", SYNCED + 4, "SyntaxError: old")

    def mended():
        airflow.errors.clear()
        airflow.lists("train_model", "new\n")

    clock.at(10, mended)

    assert proof.wait()


def test_an_old_import_error_counts_where_nothing_changed(proof, airflow):
    """A push of words alone must not paint a broken Airflow green."""
    proof.manifest = Manifest("c0ffee", HASHES)
    airflow.cannot_import("train_model.py", 5.0, "SyntaxError: old")

    with pytest.raises(Refused, match=r"cannot import"):
        proof.wait()


def test_an_error_of_a_file_that_is_gone_is_left_alone(proof, airflow):
    """Airflow takes such errors away by itself, some seconds later."""
    airflow.lists("train_model", "new\n")
    airflow.cannot_import("watch_market.py", SYNCED + 100, "SyntaxError: old")

    assert proof.wait()


def test_a_changed_helper_needs_every_dag_parsed_again(proof, airflow, clock):
    """The DAG's own source is the same, so only the time tells."""
    proof.manifest = Manifest("c0ffee", HASHES, python_changed_at=SYNCED, helpers_changed_at=SYNCED)
    airflow.lists("train_model", "new\n", parsed_at=SYNCED + 4)  # perhaps before the helper got there
    clock.at(9, lambda: airflow.lists("train_model", "new\n", parsed_at=SYNCED + 6))

    assert proof.wait()
    assert clock.now() == 9


def test_a_busy_airflow_is_asked_again_until_the_end(proof, airflow, clock):
    airflow.lists("train_model", "new\n")
    airflow.refuses += [refusal("RestApiServerException", 503)] * 3

    assert proof.wait()
    assert clock.now() == 3


def test_line_ends_of_another_system_are_no_difference(proof, airflow):
    """Airflow reads files as text; a file with such ends would never be proved."""
    proof.files = {**FILES, "train_model.py": b"new\r\n"}
    airflow.lists("train_model", "new\n")

    assert proof.wait()


class Bucket:
    """Objects by key, with the hash that was sent along."""

    def __init__(self, manifest, files=None):
        self.contents = {f"dags/{path}": content for path, content in (files or FILES).items()}
        self.contents["requirements.txt"] = FILES["requirements.txt"]
        if manifest:
            self.contents["dags/manifest.json"] = manifest.content()

    def get_object(self, Bucket, Key, VersionId=None):
        if Key not in self.contents or VersionId == "gone":
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.contents[Key])}

    def head_object(self, Bucket, Key):
        return {"Metadata": {HASH: digest(self.contents[Key])}}

    def get_paginator(self, operation):
        return self

    def paginate(self, Bucket, Prefix):
        return [{"Contents": [{"Key": key} for key in self.contents if key.startswith(Prefix)]}]


def test_a_bucket_with_this_commit_s_files_passes():
    manifest = Manifest("c0ffee", HASHES, python_changed_at=SYNCED)

    assert dag_proof.check_bucket(Bucket(manifest), "bucket", FILES, "dev") == manifest


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (None, "no commit that it names"),
        (Manifest("beef", {**HASHES, "train_model.py": "other"}), "commit beef, not of this one: train_model.py"),
    ],
)
def test_a_bucket_with_other_files_is_told_with_the_remedy(manifest, told):
    """Waiting for what was never synced would end in a message about Airflow."""
    with pytest.raises(Refused, match=rf"(?s){told}.*make sync-dags ENV=dev"):
        dag_proof.check_bucket(Bucket(manifest), "bucket", FILES, "dev")


def test_an_object_that_was_changed_by_hand_is_told():
    """The manifest says that all is well, and Airflow runs something else."""
    bucket = Bucket(Manifest("c0ffee", HASHES), {**FILES, "train_model.py": b"by hand\n"})

    with pytest.raises(Refused, match=r"changed by hand since the sync: train_model.py"):
        dag_proof.check_bucket(bucket, "bucket", FILES, "dev")


def test_requirements_of_this_commit_pass_and_so_does_an_airflow_without_any():
    part = {"requirements": {"key": "requirements.txt", "version": "v1"}}

    dag_proof.check_installed(Bucket(None), "bucket", part, [FILES["requirements.txt"]], "dev")
    dag_proof.check_installed(Bucket(None), "bucket", {}, [FILES["requirements.txt"]], "dev")


@pytest.mark.parametrize(("version", "ours"), [("v1", b"boto3==2\n"), ("gone", FILES["requirements.txt"])])
def test_an_airflow_that_installs_other_requirements_is_told(version, ours):
    """The DAGs were checked with ours; a task would miss its package at night."""
    part = {"requirements": {"key": "requirements.txt", "version": version}}

    with pytest.raises(
        Refused, match=rf"still installs requirements.txt in version {version}.*infrastructure pipeline"
    ):
        dag_proof.check_installed(Bucket(None), "bucket", part, [ours], "dev")


def test_where_no_airflow_runs_on_purpose_that_is_said():
    """A push to a sleeping environment is no failure."""
    airflow = {"name": "stockcast-dev-airflow", "url": None}

    assert "dev is asleep" in dag_proof.nothing_runs("dev", {"asleep": True, "airflow": airflow})
    assert "has no Airflow" in dag_proof.nothing_runs("dev", {"asleep": False, "airflow": airflow})


def test_an_airflow_that_somebody_removed_is_a_failure():
    known = {"asleep": False, "airflow": {"name": "stockcast-dev-airflow", "url": "https://a"}}

    with pytest.raises(Refused, match=r"somebody removed it by hand"):
        dag_proof.nothing_runs("dev", known)


def test_the_manifest_in_the_bucket_is_json_that_people_can_read():
    told = json.loads(Manifest("c0ffee", HASHES).content())

    assert (told["commit"], told["files"]) == ("c0ffee", HASHES)
