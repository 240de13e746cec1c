"""The DAG bucket after a sync: what is in it, what was sent, and what was left alone."""

import io
import json
import subprocess
from pathlib import Path

import pytest

from shipping import dag_manifest, dag_sync

BUCKET, PREFIX = "stockcast-test-airflow", "dags/"
FOLDER = {
    "train_model.py": "from wiring import names\n",
    "wiring/names.py": "LONGEST = 63\n",
    "requirements.txt": '--constraint "x"\n',
    "constraints-3.0.6-py3.12.txt": "boto3==1.39.11\n",
    ".airflowignore": "wiring/\n",
}
STAYS_HOME = {
    "pyproject.toml": "[project]\n",
    "uv.lock": "version = 1\n",
    "__pycache__/train_model.cpython-312.pyc": "x",
    ".venv/lib/site.py": "x = 1\n",
    "wiring/__pycache__/names.py": "x = 1\n",
    "notes.md": "x",
}


class Bucket:
    """One bucket in memory, as far as a sync uses S3; `log` tells the writes in order."""

    def __init__(self):
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.log: list[str] = []
        self.versions: dict[str, str] = {}

    def put_object(self, Bucket, Key, Body, Metadata, ContentType=""):
        assert Bucket == BUCKET
        self.objects[Key] = (Body, Metadata)
        self.log.append(f"put {Key}")
        self.versions[Key] = f"v{len(self.log)}"
        return {"VersionId": self.versions[Key]}

    def get_object(self, Bucket, Key):
        return {"Body": io.BytesIO(self.objects[Key][0])}

    def delete_object(self, Bucket, Key):
        del self.objects[Key]
        self.log.append(f"delete {Key}")

    def head_object(self, Bucket, Key):
        return {"Metadata": self.objects[Key][1], "VersionId": self.versions.get(Key)}

    def get_paginator(self, operation):
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket, Prefix):
        """One object a page: a sync that reads the first page only is found out."""
        keys = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        yield from ({"Contents": [{"Key": key}]} for key in keys)
        yield {}

    def manifest(self):
        return json.loads(self.objects[PREFIX + "manifest.json"][0])


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def folder(tmp_path) -> Path:
    for path, text in {**FOLDER, **STAYS_HOME}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def sync(folder, bucket, commit="abc"):
    return dag_sync.sync(folder, BUCKET, PREFIX, bucket, commit)


def test_a_first_sync_sends_what_airflow_reads_and_nothing_else(folder, bucket):
    """A lock file in the bucket is noise; a cache from another Python is an import error."""
    changes = sync(folder, bucket)

    assert set(changes.uploaded) == set(FOLDER)
    assert set(bucket.objects) == {PREFIX + path for path in [*FOLDER, "manifest.json"]}


def test_a_second_sync_of_the_same_files_writes_nothing(folder, bucket):
    """Each write would be a new object version, and a new requirements.txt would look like an update to MWAA."""
    sync(folder, bucket)
    bucket.log.clear()

    changes = sync(folder, bucket)

    assert bucket.log == []
    assert changes == dag_sync.Changes((), (), tuple(sorted(FOLDER)))


def test_only_the_changed_file_is_sent(folder, bucket):
    sync(folder, bucket)
    (folder / "wiring/names.py").write_text("LONGEST = 62\n")

    changes = sync(folder, bucket)

    assert changes.uploaded == ("wiring/names.py",)
    assert bucket.objects[PREFIX + "wiring/names.py"][0] == b"LONGEST = 62\n"


def test_a_file_of_the_same_size_is_compared_by_its_content(folder, bucket):
    """Size and time, which other tools compare, miss exactly this change."""
    sync(folder, bucket)
    (folder / "requirements.txt").write_text('--constraint "y"\n')

    assert sync(folder, bucket).uploaded == ("requirements.txt",)


def test_a_file_that_somebody_put_there_by_hand_is_replaced(folder, bucket):
    bucket.objects[PREFIX + "train_model.py"] = (b"broken", {})

    assert "train_model.py" in sync(folder, bucket).uploaded
    assert bucket.objects[PREFIX + "train_model.py"][0] == FOLDER["train_model.py"].encode()


def test_what_is_gone_here_goes_there_and_nothing_outside_the_prefix(folder, bucket):
    """A deleted DAG that stays in the bucket goes on running."""
    sync(folder, bucket)
    bucket.objects["requirements.txt"] = bucket.objects["dags-old/a.py"] = (b"", {})
    (folder / "wiring/names.py").unlink()

    changes = sync(folder, bucket)

    assert changes.deleted == ("wiring/names.py",)
    assert {"requirements.txt", "dags-old/a.py"} <= set(bucket.objects)
    assert PREFIX + "wiring/names.py" not in bucket.objects


def test_helpers_arrive_before_the_dags_that_import_them_and_the_manifest_last(folder, bucket):
    """Airflow parses whenever it likes, also between two uploads."""
    sync(folder, bucket)

    assert bucket.log[0] == f"put {PREFIX}wiring/names.py"
    assert bucket.log[-1] == f"put {PREFIX}manifest.json"


def test_the_manifest_tells_the_commit_and_every_file_s_hash(folder, bucket):
    sync(folder, bucket, commit="abc")

    manifest = bucket.manifest()

    assert manifest["commit"] == "abc"
    assert manifest["files"] == {path: dag_sync.digest(text.encode()) for path, text in sorted(FOLDER.items())}


def test_a_new_commit_without_a_changed_dag_renews_the_manifest_only(folder, bucket):
    sync(folder, bucket, commit="abc")
    bucket.log.clear()

    sync(folder, bucket, commit="def")

    assert bucket.log == [f"put {PREFIX}manifest.json"]
    assert bucket.manifest()["commit"] == "def"


def test_the_manifest_tells_versions_and_what_airflow_installs(folder, bucket):
    """Which bytes Airflow ran last week can be fetched from the bucket again."""
    installed = dag_manifest.installed(
        {"Name": "a", "RequirementsS3Path": "requirements.txt", "RequirementsS3ObjectVersion": "r7"}
    )
    dag_sync.sync(folder, BUCKET, PREFIX, bucket, "abc", installed)

    manifest = bucket.manifest()
    assert manifest["versions"]["train_model.py"] == bucket.versions[PREFIX + "train_model.py"]
    assert manifest["environment"] == {"requirements": {"key": "requirements.txt", "version": "r7"}}


@pytest.mark.parametrize(
    ("path", "moves"),
    [
        ("wiring/names.py", {"python", "helpers"}),
        ("train_model.py", {"python"}),
        (".airflowignore", set()),
    ],
)
def test_the_manifest_tells_when_code_last_changed(folder, bucket, monkeypatch, path, moves):
    """Who waits for Airflow would else take a parse of before the change for one of after it."""
    monkeypatch.setattr(dag_sync.time, "time", lambda: 1000.0)
    sync(folder, bucket)
    monkeypatch.setattr(dag_sync.time, "time", lambda: 2000.0)
    (folder / path).write_text((folder / path).read_text() + "# more\n")

    sync(folder, bucket, commit="def")

    told = {name for name in ("python", "helpers") if bucket.manifest()[f"{name}_changed_at"] == 2000.0}
    assert told == moves


def test_a_sync_that_was_broken_off_counts_as_changed_when_it_is_finished(folder, bucket, monkeypatch):
    """Its files arrived without a manifest: nobody knows since when they are there."""
    sync(folder, bucket)
    (folder / "wiring/names.py").write_text("LONGEST = 62\n")
    monkeypatch.setattr(dag_sync.dag_manifest, "write", lambda *_: None)
    sync(folder, bucket)
    monkeypatch.undo()
    monkeypatch.setattr(dag_sync.time, "time", lambda: 3000.0)

    changes = sync(folder, bucket)

    assert changes.uploaded == ()
    assert bucket.manifest()["helpers_changed_at"] == 3000.0


def test_a_manifest_that_somebody_broke_is_written_anew(folder, bucket):
    """It is only a note: a sync has to come through without it."""
    sync(folder, bucket)
    bucket.objects[PREFIX + "manifest.json"] = (b"{}}", {})

    sync(folder, bucket)

    assert bucket.manifest()["commit"] == "abc"


def test_dags_leave_before_the_modules_that_they_import(folder, bucket):
    """Between two deletions Airflow would tell of a broken DAG."""
    (folder / "watch_market.py").write_text("from wiring import words\n")
    (folder / "wiring/words.py").write_text("WORD = 1\n")
    sync(folder, bucket)
    (folder / "watch_market.py").unlink()
    (folder / "wiring/words.py").unlink()
    bucket.log.clear()

    sync(folder, bucket)

    assert bucket.log[:2] == [f"delete {PREFIX}watch_market.py", f"delete {PREFIX}wiring/words.py"]


@pytest.mark.parametrize("prefix", ["", "/", "dags", "/dags/"])
def test_a_prefix_that_is_no_folder_is_refused(folder, bucket, prefix):
    """With an empty prefix a sync would delete the plugins and requirements beside the DAGs."""
    with pytest.raises(ValueError, match="must be a folder such as 'dags/'"):
        dag_sync.sync(folder, BUCKET, prefix, bucket)

    assert bucket.log == []


def test_a_folder_without_dags_is_refused(tmp_path, bucket):
    """It would delete every DAG there is."""
    bucket.objects[PREFIX + "train_model.py"] = (b"x", {})
    (tmp_path / "requirements.txt").write_text("")

    with pytest.raises(ValueError, match="holds no DAG file"):
        sync(tmp_path, bucket)

    assert PREFIX + "train_model.py" in bucket.objects


def test_the_commit_is_git_s_and_says_when_the_files_differ_from_it(tmp_path, monkeypatch):
    """Nobody can rebuild an environment from a commit that its DAGs are not from."""
    monkeypatch.delenv("CODEBUILD_RESOLVED_SOURCE_VERSION", raising=False)
    monkeypatch.delenv("STOCKCAST_COMMIT", raising=False)
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/a.py").write_text("x = 1\n")

    def git(*arguments):
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *who, "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    assert dag_sync.commit_here(tmp_path) == "unknown"
    git("init")
    git("add", ".")
    git("commit", "-m", "a")
    clean = dag_sync.commit_here(tmp_path)
    (tmp_path / "dags/a.py").write_text("x = 2\n")

    assert len(clean) == 40
    assert dag_sync.commit_here(tmp_path) == clean + "-changed"


def test_in_codebuild_the_commit_is_the_one_that_it_checked_out(tmp_path, monkeypatch):
    monkeypatch.delenv("STOCKCAST_COMMIT", raising=False)
    monkeypatch.setenv("CODEBUILD_RESOLVED_SOURCE_VERSION", "f00")

    assert dag_sync.commit_here(tmp_path) == "f00"


def test_in_a_pipeline_the_commit_is_the_one_that_was_pushed(tmp_path, monkeypatch):
    """CodeBuild names the version of the archive that the pipeline gave it, which tells nobody what runs."""
    monkeypatch.setenv("CODEBUILD_RESOLVED_SOURCE_VERSION", "arn:aws:s3:::artifacts/source.zip")
    monkeypatch.setenv("STOCKCAST_COMMIT", "f00")

    assert dag_sync.commit_here(tmp_path) == "f00"


def test_this_repository_s_dag_folder_can_be_shipped():
    files = dag_sync.shipped_files(dag_sync.ROOT / "dags")

    assert {"forecast_prices.py", "train_model.py", "wiring/names.py", "requirements.txt", ".airflowignore"} <= set(
        files
    )
    assert not {"pyproject.toml", "uv.lock"} & set(files)
