"""What the sources tell: each rule gets a file that breaks it."""

import pytest
from tests.shipping.dag_checks.conftest import UNCONVENTIONAL, fill

from shipping.dag_checks import sources


def faults(dags) -> dict[str, str]:
    """All faults by check and file."""
    return {
        f"{finding.check}: {finding.file}": " | ".join(finding.faults)
        for finding in sources.findings(dags)
        if finding.faults
    }


def test_a_good_folder_passes_and_every_file_was_looked_at(dags):
    """A check that looks at nothing passes as well."""
    assert faults(dags) == {}
    assert {finding.file for finding in sources.findings(dags)} == {"watch_market.py", "wiring/words.py"}


def test_a_syntax_error_is_told_with_file_line_and_text(dags):
    """Airflow would drop the DAG, and who pushed it would look for the reason in a log group."""
    (dags / "wiring/words.py").write_text("GOOD = 1\nWORD = = 'market'\n")

    assert faults(dags) == {"syntax: wiring/words.py": "line 2: invalid syntax: WORD = = 'market'"}


def test_null_bytes_are_a_fault_and_no_crash(dags):
    """An editor that was cut off leaves them."""
    (dags / "wiring/words.py").write_bytes(b"WORD = 'a'\n\x00\x00")

    assert "null bytes" in faults(dags)["syntax: wiring/words.py"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import boto3\nS3 = boto3.client('s3')", "it imports boto3"),
        ("import pandas", "it imports pandas"),
        ("from airflow.sdk import Variable\nBUCKET = Variable.get('bronze_bucket')", "line 2: get runs whenever"),
        ("from datetime import datetime\nNOW = datetime.now()", "line 2: now runs whenever"),
    ],
)
def test_work_and_foreign_imports_at_file_level_are_faults(dags, line, told):
    """It would run on the scheduler every half minute, and fail where there is no AWS."""
    (dags / "wiring/words.py").write_text(f"{line}\nWORD = 'market'\n")

    assert told in faults(dags)["imports and calls: wiring/words.py"]


def test_a_dag_file_without_a_page_is_advised_to_have_one(dags):
    """The night shift would open an empty page; Airflow runs the DAG all the same."""
    source = (dags / "watch_market.py").read_text()
    (dags / "watch_market.py").write_text(source.replace("doc_md=__doc__, ", ""))

    (found,) = (finding for finding in sources.findings(dags) if finding.advice)
    assert (found.check, found.file, found.faults) == ("conventions", "watch_market.py", ())
    assert "doc_md=__doc__ is missing" in found.advice[0]


def test_modules_of_the_folder_and_of_named_packages_may_be_imported(dags):
    """MWAA puts the folder on the path, and installs what requirements.txt names."""
    source = "import slack_sdk\n" + UNCONVENTIONAL.replace("reports.words", "helpers.words")
    fill(dags, {"report.py": source, "helpers/words.py": "from . import more\n", "helpers/more.py": ""})

    told = {finding.file: finding.faults for finding in sources.findings(dags) if finding.faults}
    assert list(told) == ["report.py"]
    assert told["report.py"][0].startswith("it imports slack_sdk")
    assert [finding for finding in sources.findings(dags, {"slack_sdk"}) if finding.faults] == []


def test_a_plugin_is_refused_because_it_would_never_be_loaded(dags):
    """It would arrive among the DAGs, and nothing would say that Airflow ignores it."""
    (dags / "plugins").mkdir()
    (dags / "plugins/menu.py").write_text("NAME = 1\n")

    assert "not delivered" in faults(dags)["plugins: plugins/menu.py"]


def test_what_stays_at_home_is_not_looked_at(dags):
    """A virtual environment in the folder is not shipped."""
    (dags / ".venv").mkdir()
    (dags / ".venv/broken.py").write_text("= 1")

    assert faults(dags) == {}
