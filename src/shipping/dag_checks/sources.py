"""What can be said of the DAG files from their sources alone: that they compile, and keep the house rules."""

from __future__ import annotations

from pathlib import Path

from shipping.dag_checks import rules
from shipping.dag_checks.report import Finding
from shipping.dag_sync import shipped_files

NO_PLUGINS = (
    "Airflow's plugins are not delivered: they would lie among the DAGs, where Airflow does not look for them. "
    "Put helpers that DAGs import into wiring/"
)


def findings(dags: Path) -> list[Finding]:
    """A file that does not compile is not looked at further; nor is what stays at home."""
    files = shipped_files(dags)
    found = [Finding("plugins", name, (NO_PLUGINS,)) for name in files if name.startswith("plugins/")]
    for name, content in files.items():
        if name.endswith(".py"):
            faults = _syntax_faults(name, content)
            found.append(Finding("syntax", name, faults))
            if not faults:
                found.append(Finding("house rules", name, _rule_faults(name, content.decode())))
    return found


def _syntax_faults(name: str, content: bytes) -> tuple[str, ...]:
    try:
        compile(content, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return (f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}",)
    except ValueError as error:  # null bytes
        return (str(error),)
    return ()


def _rule_faults(name: str, source: str) -> tuple[str, ...]:
    """The shape is that of a DAG file; helpers lie deeper."""
    foreign = [
        f"it imports {root}; MWAA's Airflow has the standard library, Airflow, botocore and wiring. "
        "Do that work in a job or a function"
        for root in rules.foreign_imports(source)
    ]
    early = [
        f"{call} runs whenever the file is parsed, without AWS and by another clock than the run's. "
        "Move it into a task, or use a template"
        for call in rules.parse_time_calls(source)
    ]
    shape = rules.shape_faults(name, source) if "/" not in name else []
    return (*foreign, *early, *shape)
