"""The command as the pipeline calls it: status, words and report."""

import xml.etree.ElementTree as ET

import pytest

from shipping.dag_checks import __main__ as command
from shipping.dag_checks import parsing, pins, sources
from shipping.dag_checks.report import Finding


@pytest.fixture
def told(monkeypatch, tmp_path):
    """Findings of the three parts, to be chosen."""
    chosen = {"sources": [], "pins": [], "parsing": []}
    monkeypatch.setattr(sources, "findings", lambda dags: chosen["sources"])
    monkeypatch.setattr(pins, "findings", lambda dags: chosen["pins"])
    monkeypatch.setattr(parsing, "findings", lambda dags, python: chosen["parsing"])
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
