"""Make the pipelines, once per project, in the home account; or take them away again.

    python -m shipping.delivery [--confirm ACCOUNT_ID] [--destroy]

What they are stands in envs/account/delivery.tfvars, over the embedded AWS in envs/local/delivery.tfvars; the file that
STOCKCAST_DELIVERY_VAR_FILE names comes behind it and wins. Their state lies beside those of the account's environments.
A person runs this and no pipeline: one that changes itself stops in the middle of its own change.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore

from shipping import account, confirmation, connections, ending, environments, terraform_root, tools, values
from shipping.environments import Refused
from shipping.planning import say
from shipping.terraform_root import UNATTENDED, TerraformRoot

STATE_KEY = "delivery.tfstate"
MORE_VALUES = "STOCKCAST_DELIVERY_VAR_FILE"
NEEDED = ("codebuild", "codepipeline", "events")  # botocore does not know where connections are offered
NAMES = ("account_id", "connection", "region")


@dataclass(frozen=True)
class Home:
    """The account that holds the pipelines, and the files that say so."""

    account_id: str
    connection: str
    region: str
    files: tuple[Path, ...]

    @property
    def bucket(self) -> str:
        return account.bucket_name(self.account_id)

    @property
    def root(self) -> TerraformRoot:
        named = {"bucket": self.bucket, "key": STATE_KEY, "region": self.region, "use_lockfile": "true"}
        backend = tuple(f"-backend-config={name}={value}" for name, value in named.items())
        return TerraformRoot(terraform_root.root_folder("delivery"), f"delivery-{self.account_id}", backend)

    @property
    def saved(self) -> Path:
        return terraform_root.home() / "delivery" / f"{self.account_id}.tfplan"

    def told(self) -> str:
        return " and ".join(os.path.relpath(file, tools.ROOT) for file in self.files)


def make(confirmed: str, *, destroy: bool = False) -> None:
    """Plan, ask, apply. A plan without changes asks nobody."""
    check_place()
    home = at_hand()
    say(f"pipelines of account {home.account_id} in {home.region}, as {home.told()} says")
    check_region(home)
    account.check_bucket(home.bucket, home.region)
    if not destroy:
        check_connection(home, boto3.client("codeconnections", region_name=home.region))
    home.root.init(quietly=True)
    if _plan_and_apply(home, confirmed, ("-destroy",) if destroy else ()) and destroy:
        print("The pipelines are gone; the environments stand as they were.")
    elif not destroy:
        _tell(home.root)


def check_place() -> None:
    if build := os.environ.get("CODEBUILD_BUILD_ID"):
        raise Refused(
            f"this is the build {build}; a pipeline never changes itself, since it would stop half way. "
            "Let a person run `make delivery`."
        )


def at_hand() -> Home:
    """The home account, if the credentials at hand are its own."""
    kinds = ["account"]
    if environments.is_embedded(os.environ.get("AWS_ENDPOINT_URL", "")):
        kinds.insert(0, environments.LOCAL)  # an embedded AWS may also play another account
    homes = [of(files_of(kind)) for kind in kinds]
    caller = account.caller(homes[0].region)
    for home in homes:
        if home.account_id == caller:
            return home
    known = ", ".join(f"{home.account_id} ({home.told()})" for home in homes)
    raise Refused(
        f"the credentials at hand are of account {caller}; the pipelines belong to {known}. Use that account's "
        "credentials (AWS_PROFILE), or set account_id there."
    )


def files_of(kind: str) -> tuple[Path, ...]:
    more = os.environ.get(MORE_VALUES)
    return (tools.ROOT / "envs" / kind / "delivery.tfvars", *([Path(more)] if more else []))


def of(files: Sequence[Path]) -> Home:
    found = values.evaluated(files, {name: f"var.{name}" for name in NAMES})
    missing = [name for name in NAMES if found[name] is None]
    if missing:
        raise Refused(f"{files[0]} lacks {', '.join(missing)}. Restore it: git checkout -- {files[0]}")
    return Home(**{name: str(found[name]) for name in NAMES}, files=tuple(files))


def check_region(home: Home) -> None:
    for service in NEEDED:
        offered = account.regions(service)
        if home.region not in offered:
            raise Refused(
                f"region is {home.region!r} in {home.told()}; {service} is not offered there (as botocore "
                f"{botocore.__version__} knows). Choose one of {', '.join(offered)}."
            )


def check_connection(home: Home, client: Any) -> None:
    """AWS starts pipelines that were made before their connection was AVAILABLE late, or never."""
    found = {each["ConnectionName"]: each["ConnectionStatus"] for each in connections.standing(client)}
    status = found.get(home.connection)
    if status is None:
        raise Refused(
            f"connection is {home.connection!r} in {home.told()}; account {home.account_id} has "
            f"{', '.join(sorted(found)) or 'none'} in {home.region}. Run `make bootstrap`, or name one that is there."
        )
    if status != "AVAILABLE":
        raise Refused(
            f"the connection {home.connection} is {status}; it must be AVAILABLE before pipelines are made. Open "
            f"https://{home.region}.console.aws.amazon.com/codesuite/settings/connections?region={home.region}, choose "
            f'{home.connection}, then "Update pending connection". Then run this again.'
        )


def _plan_and_apply(home: Home, confirmed: str, kind: Sequence[str]) -> bool:
    """Whether anything was changed."""
    home.saved.parent.mkdir(parents=True, exist_ok=True)
    home.saved.parent.chmod(0o700)
    options = [f"-var-file={file.resolve()}" for file in home.files]
    try:
        plan = ("plan", "-detailed-exitcode", *kind, *options, *UNATTENDED, f"-out={home.saved}")
        if home.root.run(*plan, may_end_with=(0, 2))[1] == 0:
            return False
        confirmation.ask(confirmed, home.account_id, f"apply this to account {home.account_id}")
        home.root.run("apply", *UNATTENDED, str(home.saved))
    finally:
        home.saved.unlink(missing_ok=True)
    return True


def _tell(root: TerraformRoot) -> None:
    known = root.outputs()
    width = max(len(name) for name in known["pipelines"])
    for name, link in known["pipelines"].items():
        print(f"{name:{width}}  {link}")
    print(f"{'alerts':{width}}  {known['alerts_topic_arn']}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="shipping.delivery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--confirm", default="", help="the account id, instead of typing it")
    parser.add_argument("--destroy", action="store_true", help="take the pipelines away; environments stay")
    args = parser.parse_args(argv)
    return ending.status_of(lambda: make(args.confirm, destroy=args.destroy))


if __name__ == "__main__":
    sys.exit(main())
