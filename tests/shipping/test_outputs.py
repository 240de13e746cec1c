"""Outputs in the forms that people, programs and shells read."""

from __future__ import annotations

import subprocess

from shipping import outputs

VALUES = {
    "airflow": {"name": "stockcast-dev-airflow", "url": None},
    "asleep": True,
    "settings": "it's $HOME; `date`",
    "zones": ["a", "b"],
}


def test_a_shell_gets_every_value_back_as_it_was() -> None:
    """A value that the shell evaluates is a command that nobody wrote."""
    exports = outputs.shown(VALUES, "env")

    script = f'{exports}\nprintf "%s|" "$STOCKCAST_SETTINGS" "$STOCKCAST_AIRFLOW_NAME" "$STOCKCAST_ZONES"'
    got = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout

    assert got == 'it\'s $HOME; `date`|stockcast-dev-airflow|["a", "b"]|'


def test_what_is_absent_is_empty_and_what_is_true_is_a_word() -> None:
    """`None` and `True` are Python's words; a script would take the first for a name."""
    lines = outputs.shown(VALUES, "env").splitlines()

    assert "export STOCKCAST_AIRFLOW_URL=''" in lines
    assert "export STOCKCAST_ASLEEP=true" in lines


def test_people_see_one_line_per_output() -> None:
    lines = outputs.shown(VALUES, "text").splitlines()

    assert lines[1:3] == ["asleep    true", "settings  it's $HOME; `date`"]
