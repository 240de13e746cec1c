"""`python -m shipping.mwaa_constraints`: make the files of dags/ agree with dags/requirements.txt.

A package of requirements.txt has to be pinned by the constraints that MWAA reads from the DAG folder, and installed in
the local Airflow environment, where DAGs are parsed and tested. Written are, where they differ:

    dags/constraints-<version>-py3.12.txt   MWAA's whole list, once a requirement is not pinned by the part shipped here
    dags/pyproject.toml                     `constraint-dependencies` and the dependency group `requirements`
    dags/uv.lock                            by `uv lock`

MWAA's list is downloaded from its public repository, or read from a copy of it: `--source FOLDER`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from shipping import airflow_requirements, tools
from shipping.airflow_requirements import NEVER, constraints_name, normalize, pins, requirements
from shipping.environments import Refused

DAGS = tools.ROOT / "dags"
REPOSITORY = "aws/amazon-mwaa-docker-images"  # Apache-2.0
REVISION = "9d2bebb5c7858e27a1c6afb20b7827840217e3a0"
SOURCE = f"https://raw.githubusercontent.com/{REPOSITORY}/{REVISION}"
# Of images/airflow/<version>/etc. The essential pins win: MWAA applies them whatever a requirements.txt says.
LISTS = ("airflow_constraints.txt", "mwaa_essential_constraints.txt")
GROUP = "requirements"  # of dags/pyproject.toml; its group dev, which the Airflow environment is made from, includes it


def read_list(version: str, source: str = SOURCE) -> dict[str, str]:
    """MWAA's pins for one Airflow version, name -> version; `source` is the repository as a URL or a folder."""
    base = source if "://" in source else Path(source).resolve().as_uri()
    found: dict[str, str] = {}
    for name in LISTS:
        url = f"{base}/images/airflow/{version}/etc/{name}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  the scheme is ours or the caller's
                text = answer.read().decode()
        except OSError as problem:
            raise Refused(
                f"MWAA's list for Airflow {version} cannot be read from {url}: {problem}. Where this machine cannot "
                f"reach it, clone github.com/{REPOSITORY} elsewhere, bring it here and name its folder: "
                f"`{airflow_requirements.COMMAND} MWAA_IMAGES=<folder>`."
            ) from None
        found |= pins(text)
    return found


def update(dags: Path, source: str | None = None) -> list[str]:
    """Write what differs; return the names of the files that changed. All are as before if `uv lock` fails.

    MWAA's whole list is read where a requirement is not pinned yet, or where `source` is given.
    """
    files = [dags / "pyproject.toml", dags / "uv.lock"]
    version = _airflow_version(files[0])
    files.insert(0, dags / constraints_name(version))
    before = {file: file.read_text() for file in files}
    text = (dags / "requirements.txt").read_text()
    shipped = pins(before[files[0]])
    complete = shipped
    if source or any(each.name not in shipped and each.name not in NEVER for each in requirements(text)):
        complete = {**shipped, **read_list(version, source or SOURCE)}
        _refuse_unlisted(text, complete, version)
    if found := airflow_requirements.faults(text, files[0].name, complete):
        raise Refused("\n".join([f"{dags / 'requirements.txt'} would break Airflow:", *found]))
    if complete != shipped:
        files[0].write_text(_constraints_text(complete, version, source))
    files[1].write_text(_project_text(before[files[1]], complete, text))
    try:
        _lock(dags)
    except tools.ToolMissing:
        for file, content in before.items():
            file.write_text(content)
        raise
    return [file.name for file, content in before.items() if file.read_text() != content]


def _airflow_version(project: Path) -> str:
    dependencies = tomllib.loads(project.read_text())["project"]["dependencies"]
    return pins("\n".join(dependencies))["apache-airflow"]


def _refuse_unlisted(text: str, listed: Mapping[str, str], version: str) -> None:
    lacking = [each.line for each in requirements(text) if each.name not in listed and each.name not in NEVER]
    if lacking:
        raise Refused(
            f"MWAA's list for Airflow {version} ({len(listed)} pins) does not pin {', '.join(map(repr, lacking))}, so "
            "nothing says which version fits. Take it out of dags/requirements.txt, or do that work in a job."
        )


def _constraints_text(listed: Mapping[str, str], version: str, source: str | None) -> str:
    commit = "" if source else f", commit {REVISION}"
    header = [
        f"# What MWAA pins for Airflow {version}. Keep it beside requirements.txt: MWAA reads it from the DAG folder.",
        f"# Source: {REPOSITORY} (Apache-2.0){commit}, images/airflow/{version}/etc:",
        f"# {LISTS[0]}, then {LISTS[1]}. Written by `{airflow_requirements.COMMAND}`.",
    ]
    return "\n".join([*header, *(f"{name}=={listed[name]}" for name in sorted(listed))]) + "\n"


def _project_text(project: str, listed: Mapping[str, str], wanted: str) -> str:
    """With every pin, and the group that holds what requirements.txt names."""
    ours = pins("\n".join(tomllib.loads(project)["tool"]["uv"]["constraint-dependencies"]))
    constraints = {**ours, **listed}
    lines = {"constraint-dependencies": [f"{name}=={constraints[name]}" for name in sorted(constraints)]}
    lines[GROUP] = sorted({str(each) for each in requirements(wanted)})
    for key, entries in lines.items():
        block = f"{key} = [\n" + "".join(f'  "{entry}",\n' for entry in entries) + "]" if entries else f"{key} = []"
        project, count = re.subn(rf"^{key} = \[(?:\]|\n.*?^\])", lambda _, new=block: new, project, flags=re.M | re.S)  # type: ignore[misc]
        if count != 1:
            raise Refused(f"dags/pyproject.toml has {count} lists `{key}`; one is needed. Restore it from git.")
    return project


def _lock(dags: Path) -> None:
    python = tools.python_312()
    command = [str(tools.uv()), "lock", "--project", str(dags), "--python", str(python or "3.12")]
    env = tools.uv_environment(tools.environment_folder(tools.AIRFLOW_GROUP), python)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise tools.ToolMissing(f"`uv lock --project {dags}` failed, and nothing was changed: {done.stderr[-1500:]}")


def environment_faults(dags: Path) -> list[str]:
    """What dags/requirements.txt and the local Airflow environment, as dags/uv.lock has it, do not have in common."""
    lock = tomllib.loads((dags / "uv.lock").read_text())
    locked = {package["name"]: package.get("version") for package in lock["package"]}
    (project,) = (package for package in lock["package"] if "virtual" in package["source"])
    group = project["metadata"]["requires-dev"].get(GROUP, [])
    direct = [*project["metadata"]["requires-dist"], *group]
    extras = {(entry["name"], normalize(extra)) for entry in direct for extra in entry.get("extras", [])}
    wanted = requirements((dags / "requirements.txt").read_text())
    lacking = [
        each.line
        for each in wanted
        if each.version
        and (locked.get(each.name) != each.version or not {(each.name, extra) for extra in each.extras} <= extras)
    ]
    left = sorted({entry["name"] for entry in group} - {each.name for each in wanted})
    remedy = (
        f"Run `{airflow_requirements.COMMAND}`, and commit dags/pyproject.toml and dags/uv.lock with "
        "dags/requirements.txt."
    )
    return [
        *(
            f"the local Airflow environment lacks {line!r}, so DAGs are not tested with it. {remedy}"
            for line in lacking
        ),
        *(f"the local Airflow environment has {name}, which MWAA will not install. {remedy}" for name in left),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="", help=f"a copy of {REPOSITORY}: a folder or a URL (default: {SOURCE})")
    args = parser.parse_args(arguments)
    try:
        changed = update(DAGS, args.source or None)
    except (Refused, tools.ToolMissing) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    for name in changed:
        print(f"changed: dags/{name}")
    print(f"commit {'these' if changed else 'nothing else'} with dags/requirements.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
