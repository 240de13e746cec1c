"""Where Terraform gets its providers from: a folder on this machine where one fits, otherwise the registry."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from shipping import tools
from shipping.environments import Refused

AWS = "registry.terraform.io/hashicorp/aws"
SYSTEM_FOLDERS = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))


def mirror() -> Path | None:
    """A folder that holds providers: TF_PLUGIN_MIRROR, else one directly below a system folder.

    One that we only came across must hold the locked version: else it would keep a machine from the registry that
    has it.
    """
    if named := os.environ.get("TF_PLUGIN_MIRROR"):
        if not (Path(named) / "registry.terraform.io").is_dir():
            raise Refused(f"TF_PLUGIN_MIRROR is {named!r}, which holds no registry.terraform.io/. Mend or unset it.")
        return Path(named)
    for parent in SYSTEM_FOLDERS:
        for found in sorted(parent.glob(f"*/{AWS}")):
            if _holds(found, locked_version()):
                return found.parents[2]
    return None


def locked_version() -> str:
    file = tools.ROOT / "terraform" / "platform" / ".terraform.lock.hcl"
    locked = re.search(rf'provider "{AWS}" {{\s+version\s+= "([^"]+)"', file.read_text())
    if not locked:
        raise Refused(f"{file} locks no version of {AWS}. Restore it: git checkout -- {file}")
    return locked[1]


def _holds(folder: Path, version: str) -> bool:
    """Unpacked, as <version>/<system>/, or packed, as terraform-provider-aws_<version>_<system>.zip."""
    return (folder / version).is_dir() or any(folder.glob(f"terraform-provider-aws_{version}_*.zip"))


def builds_cache() -> Path | None:
    """Where builds of the local pipelines keep what the registry gave; TF_PLUGIN_CACHE_DIR overrules it."""
    is_shared = tools.store() != tools.LOCAL and "TF_PLUGIN_CACHE_DIR" not in os.environ
    return tools.store() / "tools" / "providers" if is_shared else None


@contextmanager
def alone_at_init() -> Iterator[None]:
    """One `terraform init` at a time where a cache is shared: Terraform itself does not lock its cache."""
    cache = builds_cache()
    with tools.alone(cache) if cache else nullcontext():
        yield


def write_cli_config(path: Path) -> Path:
    """Write Terraform's CLI configuration: the mirror where there is one, otherwise the plain registry.

    Builds of the local pipelines share a cache: each would download the provider's 150 MB for itself.
    """
    lines = ["disable_checkpoint = true"]
    if found := mirror():
        lines += [
            "provider_installation {",
            f'  filesystem_mirror {{ path = "{found}" }}',
            f'  direct {{ exclude = ["{AWS}"] }}',
            "}",
        ]
    elif cache := builds_cache():
        cache.mkdir(parents=True, exist_ok=True)  # Terraform refuses one that is not there
        lines.append(f'plugin_cache_dir = "{cache}"')
    if named := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        Path(named).mkdir(parents=True, exist_ok=True)  # a build's first one is not there, which Terraform refuses
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "\n".join(lines) + "\n"
    if not path.is_file() or path.read_text() != content:  # another Terraform may be reading it
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as beside:
            beside.write(content)
        Path(beside.name).replace(path)
    return path
