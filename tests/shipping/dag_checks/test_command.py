"""The command as the pipeline calls it: status, messages and report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import partial
from types import SimpleNamespace

import pytest
from tests.shipping.dag_checks.conftest import GOOD, UNCONVENTIONAL, add_requirements, fill

from shipping.dag_checks import __main__ as command
from shipping.dag_checks import modules, parsing, pins, sources
from shipping.dag_checks.report import Finding


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Findings of the three parts, to be chosen."""
    chosen = {"sources": [], "pins": [], "parsing": []}
    monkeypatch.setattr(sources, "findings", lambda dags, installed: chosen["sources"])
    monkeypatch.setattr(pins, "findings", lambda dags: chosen["pins"])
    monkeypatch.setattr(parsing, "findings", lambda dags, python: chosen["parsing"])
    monkeypatch.setattr(modules, "find_modules", lambda dags, python: set())
    monkeypatch.setattr(command.tools, "sync", lambda group: tmp_path / "python")
    monkeypatch.setattr(command, "REPORT", tmp_path / "reports/dags.xml")
    return chosen


def reported() -> ET.Element:
    """The report's only suite."""
    return ET.fromstring(command.REPORT.read_text())  # noqa: S314  our own file


@pytest.mark.parametrize("part", ["sources", "pins", "parsing"])
def test_one_fault_in_any_part_stops_the_pipeline(told, part, capsys):
    """A part whose faults are lost would let everything through."""
    told[part].append(Finding("parse", "watch_market.py", ("it is broken",), seconds=1.5))

    assert command.main() == 1
    assert "FAULT parse: watch_market.py: it is broken" in capsys.readouterr().err
    suite = reported()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert suite.find("testcase/failure").text == "it is broken"


def test_without_a_fault_it_goes_on_and_reports_what_was_checked(told, capsys):
    """CodeBuild shows the report; an empty one would look like no check."""
    told["sources"].append(Finding("syntax", "watch_market.py"))

    assert command.main() == 0
    assert "ok    syntax: watch_market.py" in capsys.readouterr().out
    assert reported().get("failures") == "0"


def test_advice_is_shown_beside_a_fault_and_is_none(told, capsys):
    """Mixed with what has to be fixed, it would be fixed first."""
    told["sources"].append(Finding("conventions", "report.py", advice=("it has no verb",)))
    told["parsing"].append(Finding("parse", "other.py", ("it is broken",)))

    assert command.main() == 1
    said = capsys.readouterr()
    assert "ADVICE conventions: report.py: it has no verb" in said.out
    assert "report.py" not in said.err
    assert reported().get("failures") == "1"


@pytest.fixture(scope="module")
def pushed(tmp_path_factory, airflow_python):
    """Status and findings of one run of everything over a good DAG and an unconventional one."""
    folder = tmp_path_factory.mktemp("pushed")
    files = {"watch_market.py": GOOD, "report.py": UNCONVENTIONAL, "reports/words.py": "WORD = 'report'\n"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "DAGS", add_requirements(fill(folder / "dags", files)))
        patch.setattr(command, "REPORT", folder / "dags.xml")
        patch.setattr(command.tools, "sync", lambda group: airflow_python)
        patch.setattr(parsing, "findings", partial(parsing.findings, file_seconds=60))
        found = command.findings()
        patch.setattr(command, "findings", lambda: found)
        return SimpleNamespace(status=command.main(), found=found, report=folder / "dags.xml")


@pytest.mark.integration
@pytest.mark.xdist_group("dag-command")
def test_a_good_file_passes_with_its_time(pushed):
    """And without a word on it nobody sees a file grow slow."""
    (parsed,) = (each for each in pushed.found if (each.check, each.file) == ("parse", "watch_market.py"))

    assert (parsed.file, parsed.faults, parsed.advice) == ("watch_market.py", (), ())
    assert parsed.seconds > 0


@pytest.mark.integration
@pytest.mark.xdist_group("dag-command")
def test_a_dag_that_keeps_none_of_our_conventions_passes_with_advice(pushed):
    """They are ours: a team's own DAG, which Airflow runs, must not be held back by them."""
    advice = [each for finding in pushed.found for each in finding.advice_lines()]

    assert pushed.status == 0
    assert [finding for finding in pushed.found if finding.faults] == []
    assert {line.split(": ")[1] for line in advice} == {"report.py"}
    for word in ("makes the DAGs ['Daily-Report', 'weekly.report']", "no verb_noun", "lacks **When.**",
                 "doc_md=__doc__ is missing", "Daily-Report has no tags", "weekly.report has no tags"):  # fmt: skip
        assert any(word in line for line in advice), word


@pytest.mark.integration
@pytest.mark.xdist_group("dag-command")
def test_advice_is_in_the_report_as_output_of_test_cases_that_pass(pushed):
    """CodeBuild counts failures and errors; output alone fails nothing."""
    suite = ET.fromstring(pushed.report.read_text())  # noqa: S314  our own file
    (case,) = suite.findall("testcase[@classname='conventions'][@name='report.py']")

    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert suite.findall("testcase/failure") == []
    assert "ADVICE conventions: report.py: the docstring lacks **When.**" in case.findtext("system-out")
