"""What can be said of the DAG files from their sources alone: what would break in Airflow, and the conventions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from shipping.dag_checks import conventions, rules
from shipping.dag_checks.report import Finding
from shipping.dag_sync import shipped_files

NO_PLUGINS = (
    "Airflow's plugins are not delivered: they would lie among the DAGs, where Airflow does not look for them. "
    "Put helpers that DAGs import into wiring/"
)
IMPORTS_AND_CALLS = "imports and calls"
CONVENTIONS = "conventions"


def findings(dags: Path, installed: Collection[str] = ()) -> list[Finding]:
    """Check every shipped Python file; `installed` are the modules of the packages in requirements.txt.

    A file that does not compile is not looked at further; nor is what stays at home.
    """
    files = shipped_files(dags)
    here = {name.split("/")[0].removesuffix(".py") for name in files if name.endswith(".py")}
    found = [Finding("plugins", name, (NO_PLUGINS,)) for name in files if name.startswith("plugins/")]
    for name, content in files.items():
        if name.endswith(".py"):
            faults = _syntax_faults(name, content)
            found.append(Finding("syntax", name, faults))
            if not faults:
                found += _rule_findings(name, content.decode(), {*here, *installed})
    return found


def _syntax_faults(name: str, content: bytes) -> tuple[str, ...]:
    try:
        compile(content, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return (f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}",)
    except ValueError as error:  # null bytes
        return (str(error),)
    return ()


def _rule_findings(name: str, source: str, available: Collection[str]) -> list[Finding]:
    """The conventions are those of a DAG file; helpers lie deeper."""
    foreign = [
        f"it imports {root}, which MWAA's Airflow may lack: it has the standard library, Airflow and botocore. "
        f"Do that work in a job or a function, or name the package of {root} in requirements.txt"
        for root in rules.foreign_imports(source, available)
    ]
    early = [
        f"{call} runs whenever the file is parsed, without AWS and by another clock than the run's. "
        "Move it into a task, or use a template"
        for call in rules.parse_time_calls(source)
    ]
    found = [Finding(IMPORTS_AND_CALLS, name, (*foreign, *early))]
    if "/" not in name:
        found.append(Finding(CONVENTIONS, name, advice=tuple(conventions.find_violations(name, source))))
    return found
