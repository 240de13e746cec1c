"""`git push` deploys here too: repository, deploy roles, pipelines, and a door that opens once the platform stands."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from urllib.parse import quote

from localaws import commands, loopback, processes, remote, services
from localaws.progress import Progress
from localaws.stack import ACCOUNT_ID, MARKER, ROOT, Stack, write_whole
from shipping import connections, tools

SOURCES = ("terraform/bootstrap", "terraform/delivery", "modules", "envs/local", "envs/account")
AHEAD = ("check",)  # what the first build of the infrastructure pipeline needs beside what stands


def make(stack: Stack, progress: Progress) -> str | None:
    """Bootstrap and delivery root, as a person applies them to an account. They need nothing of the platform.

    Returns the fingerprint of what was made, or None where nothing had to be.
    """
    if not remote.is_possible():
        progress.say("pipelines: left out, for this folder is no git clone with a commit, and nothing can be pushed")
        return None
    remote.make(stack)
    wanted = _fingerprint(stack)
    if _marker(stack).exists() and _marker(stack).read_text() == wanted:
        progress.say("the pipelines stand already")
        return None
    _marker(stack).unlink(missing_ok=True)
    with progress.step("deploy roles"):
        commands.run(stack, "bootstrap", "shipping.bootstrap", "--confirm", ACCOUNT_ID)
        _click_the_connection(stack)
    with progress.step("pipelines"):
        variables = {"STOCKCAST_DELIVERY_VAR_FILE": str(_write_values(stack))}
        commands.run(stack, "delivery", "shipping.delivery", "--confirm", ACCOUNT_ID, variables=variables)
    return wanted


def open_for_pushes(stack: Stack, progress: Progress, made: str | None) -> None:
    """The door, once pipelines and platform stand: a push before would find half of what it deploys to.

    `made` is what `make` returned; it is written down here, so that a platform that broke off is no half of a whole.
    """
    if not remote.is_possible():
        return
    if made:
        with progress.step("state settled"):  # else `make drift` would tell of what the apply itself has brought
            commands.run_terraform(stack, "settle")
        _marker(stack).write_text(made)
    remote.open_for_pushes(stack)
    progress.say(remote.connect(stack))
    if remote.is_dirty():
        progress.say("what is not committed in this clone is not in the repository that the pipelines deploy from")


def _click_the_connection(stack: Stack) -> None:
    """Finish the handshake with the code's host, which AWS leaves to a click in its console."""
    for found in connections.standing(services.client(stack, "codeconnections")):
        if found["ConnectionStatus"] == "PENDING":
            arn = quote(found["ConnectionArn"], safe="")
            loopback.post(f"{stack.endpoint_url}/_localaws/connections/{arn}/available")


def build_variables(stack: Stack) -> dict[str, str]:
    """What each build gets besides: a build of the real CodeBuild has none of it."""
    variables = {
        "STOCKCAST_SHARED": str(tools.LOCAL),  # its environments are used, so that a push takes seconds
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv"),
        "RETRAIN_CONF": json.dumps({"day": stack.choice.day}),  # the sample market has no bars of today
    }
    if stack.values_file.exists():
        variables["STOCKCAST_VAR_FILE"] = str(stack.values_file)
    return variables


def _write_values(stack: Stack) -> Path:
    file = stack.run / "delivery.tfvars.json"
    write_whole(file, json.dumps({"build_variables": build_variables(stack)}, indent=2))
    return file


def _marker(stack: Stack) -> Path:
    return stack.run / "delivery.fingerprint"


def _fingerprint(stack: Stack) -> str:
    parts = [json.dumps(build_variables(stack), sort_keys=True).encode()]
    for folder in SOURCES:
        files = [*(ROOT / folder).rglob("*.tf"), *(ROOT / folder).rglob("*.tfvars")]
        parts += [path.read_bytes() for path in sorted(files) if ".terraform" not in path.parts]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def work_ahead(stack: Stack) -> None:
    """In the background, after this command's end: the first push shall wait for no download and no first scan."""
    if not remote.is_possible():
        return
    python = str(tools.environment_python("local"))
    for name, command in (
        ("environments-ahead", [str(ROOT / "src/shipping/tools.py"), "sync", *AHEAD]),
        ("scan-ahead", ["-m", "shipping.scan"]),  # its reports are kept by content, and builds read them
    ):
        variables = {**os.environ, MARKER: stack.id, "PYTHONPATH": str(ROOT / "src")}
        processes.start(["nice", python, *command], variables, stack.logs / f"{name}.log", ROOT)
