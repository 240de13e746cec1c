"""Start the embedded AWS and the sample market, and tell whether those that run are ours and current."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from localaws import processes, remote
from localaws.loopback import json_object
from localaws.progress import StepFailed, tail
from localaws.stack import ACCOUNT_ID, PREFIX, REGION, ROOT, SAMPLE_DAY, STATE_BUCKET, Stack
from shipping import terraform_release, tools

HEALTH = "/_localaws/health"


def client(stack: Stack, service: str) -> Any:
    """A client of the embedded AWS as its root user."""
    return boto3.client(
        service,
        endpoint_url=stack.endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  the embedded AWS's root key; it opens nothing else
        config=Config(proxies={}),  # a proxy would look for 127.0.0.1 on its own machine
    )


def gateway_config(stack: Stack) -> dict[str, Any]:
    """The images are what "pulling" means here: which environment, and which program, stands for an image."""
    registry = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/{PREFIX}"
    return {
        "port": stack.choice.ports.aws,
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "state_dir": str(stack.state / "aws"),
        "log_dir": str(stack.logs),
        "stack_id": stack.id,
        "images": {
            f"{registry}-jobs": {"python": str(tools.environment_python("jobs"))},
            f"{registry}-serving": {
                "python": str(tools.environment_python("serve")),
                "serve": [str(ROOT / "serving" / "server.py")],
            },
        },
        "airflow": {
            "mirror_to": str(stack.airflow / "dags"),
            "webserver_url": f"127.0.0.1:{stack.choice.ports.airflow}",
            "password_file": str(stack.airflow / "passwords.json"),
        },
        "repositories": {remote.REPOSITORY_ID: str(remote.repository(stack))},
        "first_executions": False,  # `make up` deploys this very commit itself, and needs both cores for the main job
    }


def _builds(stack: Stack) -> dict[str, object]:
    """Where the builds of the pipelines find their programs, and where they work."""
    python = tools.environment_python("local").resolve()  # a version manager's shim would need the user's home
    programs = [python, tools.uv(), terraform_release.terraform()]
    programs += [Path(found) for name in ("make", "git") if (found := shutil.which(name))]
    folders = dict.fromkeys(str(program.parent) for program in programs)
    return {"path": list(folders), "workspace": str(builds_folder(stack))}


def _spark() -> dict[str, object]:
    """The Spark of Glue and EMR Serverless. Its environment is made when a run first wants it: most stacks never do."""
    make = [str(tools.environment_python("local")), str(ROOT / "src" / "shipping" / "tools.py"), "sync", "spark"]
    python = str(tools.environment_python("spark"))
    return {"python": python, "make": make, "java_home": os.environ.get("JAVA_HOME", "")}


def builds_folder(stack: Stack) -> Path:
    return stack.home / "builds"


def _fingerprint(stack: Stack) -> str:
    """Changes when the running embedded AWS would no longer be the one that this clone would start."""
    parts = [json.dumps(gateway_config(stack), sort_keys=True).encode(), (ROOT / "uv.lock").read_bytes()]
    parts.append((ROOT / "dags" / "uv.lock").read_bytes())
    served = [ROOT / "src" / "localaws", ROOT / "src" / "stockcast", ROOT / "serving"]
    parts += [path.read_bytes() for folder in served for path in sorted(folder.rglob("*.py"))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def gateway_health(stack: Stack) -> dict[str, Any] | None:
    return json_object(f"{stack.endpoint_url}{HEALTH}")


def is_current(stack: Stack) -> bool:
    """Whether the embedded AWS that answers here is this stack's own and runs the code of this clone."""
    health = gateway_health(stack)
    if health is None or health.get("pid") not in {process.pid for process in processes.members(stack.id)}:
        return False
    kept = stack.run / "gateway.fingerprint"
    return kept.exists() and kept.read_text() == _fingerprint(stack)


def start_gateway(stack: Stack) -> None:
    """Start the embedded AWS with empty state, and make the bucket that holds Terraform's state."""
    shutil.rmtree(stack.state, ignore_errors=True)
    config = stack.run / "gateway.json"
    config.write_text(json.dumps({**gateway_config(stack), "builds": _builds(stack), "spark": _spark()}, indent=2))
    argv = [
        str(tools.environment_python("local")),
        str(ROOT / "src/localaws/serve_gateway.py"),
        "--config",
        str(config),
    ]
    log = stack.logs / "gateway-process.log"
    process = processes.start(argv, stack.clean_environment(), log, stack.run)
    _await("the embedded AWS", process, lambda: gateway_health(stack) is not None, log)
    (stack.run / "gateway.fingerprint").write_text(_fingerprint(stack))
    s3 = client(stack, "s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})


def market_is_up(stack: Stack) -> bool:
    return json_object(f"{stack.market_url}/health") is not None


def start_market(stack: Stack) -> None:
    argv = [str(tools.environment_python("market")), str(ROOT / "src" / "localaws" / "market.py")]
    argv += ["--port", str(stack.choice.ports.market), "--until", SAMPLE_DAY]
    log = stack.logs / "market.log"
    process = processes.start(argv, stack.clean_environment(), log, stack.run)
    _await("the sample market", process, lambda: market_is_up(stack), log)


def _await(name: str, process: subprocess.Popen[bytes], ready: Any, log: Path) -> None:
    if not processes.wait_until(ready, 60, alive=lambda: process.poll() is None):
        ended = f"it ended with {process.returncode}" if process.poll() is not None else "no answer within 60 s"
        raise StepFailed(name, f"{ended}\n{tail(log, 12)}", log)
