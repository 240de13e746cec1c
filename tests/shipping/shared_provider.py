"""One process of the AWS provider for several runs of Terraform, each of which would start it three times.

See https://developer.hashicorp.com/terraform/plugin/debugging. The provider reads credentials and endpoints from its
own variables, so all these runs reach one account; they run one after the other, as each configures it anew.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Most of a run is spent on the schema of the provider, and much of that on collecting garbage in Go.
FEWER_COLLECTIONS = {"GOGC": "400"}
LOGGERS = ("", "_PROVIDER", "_PROVIDER_AWS", "_SDK", "_SDK_FRAMEWORK", "_SDK_HELPER_SCHEMA", "_SDK_MUX", "_SDK_PROTO")
QUIET = {f"TF_LOG{name}": "OFF" for name in LOGGERS}  # started by hand, it would log every field of every resource


@contextmanager
def shared_provider(folder: Path, env: Mapping[str, str], root: Path | None = None) -> Iterator[dict[str, str]]:
    """Run the provider that `terraform init` left below `folder`; yields the variable that leads Terraform to it.

    The provider reads the files that a root uploads, by their paths from the folder `root`.
    """
    binary = next(folder.glob("**/providers/*/hashicorp/aws/*/*/terraform-provider-aws_*")).resolve()
    log, env = folder / "provider.log", {**env, **FEWER_COLLECTIONS, **QUIET}
    with log.open("w") as out:
        provider = subprocess.Popen([str(binary), "-debug"], cwd=root, stdout=out, stderr=out, env=env)
    try:
        yield {"TF_REATTACH_PROVIDERS": _address(provider, log)}
    finally:
        provider.terminate()
        provider.wait(20)


def _address(provider: subprocess.Popen[bytes], log: Path) -> str:
    """Where the provider listens, once it says so."""
    for _ in range(600):
        if found := re.search(r"TF_REATTACH_PROVIDERS='(.+)'", log.read_text()):
            return found[1]
        assert provider.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"the provider did not listen within a minute: {log.read_text()}")
