"""New DAGs reach Airflow once it installs what they were checked with, and not before."""

import io
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from tests.shipping.stand_in_airflow import Clock

from shipping import airflow_api, applied, dag_requirements, dag_sync, terraform, tools
from shipping.dag_requirements import Waiting
from shipping.environments import Refused

OLD, NEW = b"boto3==1\n", b"boto3==2\n"
AVAILABLE = {
    "Name": "stockcast-dev-airflow", "Status": "AVAILABLE", "RequirementsS3Path": "requirements.txt",
    "RequirementsS3ObjectVersion": "old",
}  # fmt: skip
UPDATING = {**AVAILABLE, "Status": "UPDATING"}
UPDATED = {**AVAILABLE, "RequirementsS3ObjectVersion": "new"}


class Bucket:
    """The bucket with two versions of the requirements."""

    def get_object(self, Bucket, Key, VersionId=None):
        found = {"old": OLD, "new": NEW}.get(VersionId)
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchVersion"}}, "GetObject")
        return {"Body": io.BytesIO(found)}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def waiting(clock, said):
    """Makes one for a commit with the NEW requirements; `there` holds what GetEnvironment tells."""

    def make(there, environment="dev"):
        def others(parts):
            return dag_requirements.others_installed(Bucket(), "bucket", parts, [NEW])

        return Waiting(lambda: there["is"], others, environment, said.append, clock.now, clock.sleep)

    return make


def test_it_waits_until_airflow_installs_this_commits_requirements(waiting, clock, said):
    """A task of the new DAG would lack its package for half an hour, at night perhaps."""
    there = {"is": AVAILABLE}
    clock.at(100, lambda: there.update({"is": UPDATING}))
    clock.at(1500, lambda: there.update({"is": UPDATED}))

    assert waiting(there).wait() == UPDATED
    assert 1500 <= clock.now() < 1520
    assert "still installs requirements.txt in version old" in said[0]
    assert "stockcast-dev-airflow is UPDATING" in said[-1]
    assert len(said) == 25  # one a minute


def test_an_update_that_names_the_new_requirements_already_is_waited_for(waiting, clock):
    """MWAA installs them while it says UPDATING, and takes them back where that fails."""
    there = {"is": {**UPDATED, "Status": "UPDATING"}}
    clock.at(300, lambda: there.update({"is": UPDATED}))

    waiting(there).wait()

    assert clock.now() >= 300


@pytest.mark.parametrize(
    "found", [None, UPDATED, {"Name": "a", "Status": "AVAILABLE"}, {**UPDATED, "Status": "CREATING"}]
)
def test_nothing_to_wait_for_is_not_waited_for(waiting, clock, said, found):
    """Asleep, without an Airflow, without requirements, or with ours already: a push of one DAG takes seconds."""
    assert waiting({"is": found}).wait() == found
    assert (clock.now(), said) == (0, [])


@pytest.mark.parametrize(("environment", "minutes"), [("dev", 50), ("local", 1)])
def test_requirements_that_never_come_are_told_with_the_way_out(waiting, clock, environment, minutes):
    """The new DAGs must not run on the old ones; and CodeBuild would end the build without a word."""
    failed = {**AVAILABLE, "LastUpdate": {"Status": "FAILED", "Error": {"ErrorMessage": "no such package"}}}

    with pytest.raises(
        Refused,
        match=rf"not synced, .*after {minutes} minutes Airflow still installs.*FAILED: no such package.*"
        rf"has to apply this commit.*make sync-dags ENV={environment}",
    ):
        waiting({"is": failed}, environment).wait()
    assert clock.now() <= minutes * 60 + 16


def test_a_version_that_is_gone_is_none_of_ours():
    """Nobody can tell what Airflow runs with then."""
    parts = {"requirements": {"key": "requirements.txt", "version": "gone"}}

    assert "in version gone" in dag_requirements.others_installed(Bucket(), "bucket", parts, [NEW])


@pytest.fixture
def synced(monkeypatch, tmp_path):
    """`make sync-dags` over a clone with NEW requirements; what it brought to the bucket."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/requirements.txt").write_bytes(NEW)
    calls, there = [], {"is": UPDATED}
    known = {"region": "us-east-1", "airflow": {"name": "a"}, "buckets": {"airflow": "bucket"}}
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    monkeypatch.setattr(applied, "outputs", lambda environment: known)
    monkeypatch.setattr(airflow_api, "client", lambda region: None)
    monkeypatch.setattr(airflow_api, "environment", lambda mwaa, name: there["is"])
    monkeypatch.setattr(terraform, "boto3", SimpleNamespace(client=lambda *_, **__: Bucket()))
    monkeypatch.setattr(dag_sync, "sync", lambda *args: calls.append(args))
    monkeypatch.setattr(dag_requirements, "DEADLINE_LOCAL_SECONDS", -1.0)
    return SimpleNamespace(calls=calls, there=there)


def test_a_sync_tells_the_manifest_what_airflow_installs(synced):
    terraform.sync_dags("local")

    assert synced.calls[0][-1] == {"requirements": {"key": "requirements.txt", "version": "new"}}


def test_a_sync_uploads_nothing_while_airflow_installs_other_requirements(synced):
    """Half of the new files on old requirements is what nobody has tested."""
    synced.there["is"] = AVAILABLE

    with pytest.raises(Refused, match="the DAGs were not synced"):
        terraform.sync_dags("local")

    assert synced.calls == []
