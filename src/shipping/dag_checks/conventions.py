"""Stockcast's own conventions for DAG files: names, and the page that Airflow shows.

Airflow runs a DAG that breaks them, so the DAG gate reports them as advice; tests/house enforces them for dags/.
"""

from __future__ import annotations

import ast
import re

from shipping.dag_checks import rules

VERBS = ("build", "forecast", "train", "tune", "fetch", "clean", "deploy", "watch", "evaluate")
HEADINGS = ("When.", "Normal.", "When it is red.")


def find_violations(file_name: str, source: str) -> list[str]:
    """One DAG per file, named like the file, verb first, with a docstring that an engineer on call can work with."""
    stem, names = file_name.removesuffix(".py"), rules.dags_in(source)
    page = ast.get_docstring(ast.parse(source)) or ""
    found = []
    if names != [stem]:
        found.append(f"{file_name} makes the DAGs {names}; by convention it makes exactly {stem}")
    if not re.fullmatch(rf"({'|'.join(VERBS)})_[a-z_]+", stem):
        found.append(f"{stem} is no verb_noun; by convention it starts with one of {', '.join(VERBS)}")
    found += [f"the docstring lacks **{heading}**" for heading in HEADINGS if heading not in page]
    if "doc_md=__doc__" not in source:
        found.append("doc_md=__doc__ is missing: the page would not be shown in Airflow")
    return found


def find_untagged(source: str) -> list[str]:
    """Ids of DAGs without tags. For sources alone: the gate reports the tags that Airflow sees."""
    return [
        dag_id for dag_id, keywords in rules.dag_arguments(source) if not any(_is_tags(keyword) for keyword in keywords)
    ]


def _is_tags(keyword: ast.keyword) -> bool:
    """`tags=` with anything but an empty list."""
    is_empty = isinstance(keyword.value, ast.List | ast.Tuple | ast.Set) and not keyword.value.elts
    return keyword.arg == "tags" and not is_empty
