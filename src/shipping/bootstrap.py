"""Make, once per account, the bucket that holds Terraform's state, who reaches it and who deploys, and the connection.

    python -m shipping.bootstrap [--confirm ACCOUNT_ID]

The account is the one of the credentials at hand; region and environments follow from the values in envs/ that name
it. The home account of the pipelines may hold no environment: its region then stands in its own values. The root's own
state begins as a file here and moves into the bucket once that stands. Broken off anywhere, a repeat goes on: with the
file while there is one, with the bucket's state once it is there, and what was made without being written down is taken
over instead of made twice.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shipping import (
    account,
    confirmation,
    connections,
    ending,
    environments,
    standing,
    terraform_root,
    tools,
    values,
)
from shipping.environments import Refused
from shipping.planning import say
from shipping.terraform_root import UNATTENDED, TerraformRoot

STATE_KEY = "bootstrap.tfstate"
LOCAL_BACKEND = 'terraform {\n  backend "local" {\n    path = "%s"\n  }\n}\n'


@dataclass(frozen=True)
class Account:
    """An account, the region of its environments, and their names."""

    id: str
    region: str
    environments: tuple[str, ...]

    @property
    def bucket(self) -> str:
        return account.bucket_name(self.id)

    @property
    def values(self) -> Path:
        """The embedded AWS's account has values of its own: it holds no environment but `local`."""
        is_embedded = self.environments == (environments.LOCAL,)
        return connections.values_file(environments.LOCAL if is_embedded else "account")

    @property
    def folder(self) -> Path:
        return terraform_root.home() / "bootstrap" / self.id

    @property
    def first_state(self) -> Path:
        """The state before the bucket stands; gone once it was moved."""
        return self.folder / "first.tfstate"

    @cached_property
    def s3(self) -> Any:
        return boto3.client("s3", region_name=self.region)

    def options(self) -> list[str]:
        named = {"account_id": self.id, "region": self.region, "environments": list(self.environments)}
        told = [
            f"-var={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in named.items()
        ]
        return [f"-var-file={self.values}", *told]


def at_hand() -> Account:
    """The account of the credentials at hand, if the values of an environment or of the pipelines name it."""
    names = environments.names()
    with ThreadPoolExecutor(len(names)) as pool:  # Terraform reads each, and most of that is its start
        read = pool.map(lambda name: values.of(name, environments.value_files(name)[:1]), names)
        known = dict(zip(names, read, strict=True))
    if not environments.is_embedded(os.environ.get("AWS_ENDPOINT_URL", "")):
        del known[environments.LOCAL]
    caller = account.caller(next(iter(known.values())).region)
    ours = {name: found for name, found in known.items() if found.account_id == caller}
    if ours:
        return in_one_region(caller, ours)
    if region := _region_of_home(caller):
        return Account(caller, region, ())
    listed = ", ".join(f"{name} {found.account_id}" for name, found in known.items())
    raise Refused(
        f"the credentials at hand are of account {caller}; envs/ has {listed}. Set account_id in "
        "envs/<environment>/platform.tfvars and platform.backend.hcl, or use that account's credentials. If it holds "
        "the pipelines alone, name it in envs/account: delivery_account_id in bootstrap.tfvars, account_id in "
        "delivery.tfvars."
    )


def _region_of_home(caller: str) -> str | None:
    """The region of the account that holds the pipelines, where both of its values name the caller."""
    asked = {"home": "try(var.delivery_account_id, null)", "owner": "var.account_id", "region": "var.region"}
    files = [connections.values_file("account"), tools.ROOT / "envs" / "account" / "delivery.tfvars"]
    found = values.evaluated(files, asked)
    return str(found["region"]) if found["home"] == found["owner"] == caller else None


def in_one_region(account_id: str, ours: Mapping[str, values.Values]) -> Account:
    for name, found in ours.items():
        account.check_region(name, found)
    regions = {found.region for found in ours.values()}
    if len(regions) > 1:
        listed = ", ".join(f"{name} in {found.region}" for name, found in ours.items())
        raise Refused(
            f"account {account_id} has {listed}; it gets one bucket for their states, so they must share one region. "
            "Give them one, or accounts of their own."
        )
    return Account(account_id, regions.pop(), tuple(sorted(ours)))


def bootstrap(confirmed: str) -> None:
    here = at_hand()
    say(f"account {here.id} in {here.region}, for {', '.join(here.environments) or 'the pipelines alone'}")
    is_moved = _is_moved(here)
    root = _working_copy(here, is_moved=is_moved)
    root.init(quietly=True)
    (root.folder / "taken_over.tf").write_text("".join(_taken_over(here, root)))
    _plan_and_apply(here, root, confirmed)
    if not is_moved:
        _move(here, root)
    _tell(root)


def _is_moved(here: Account) -> bool:
    """Whether the bucket holds this root's state already; a bucket that is not ours ends it all."""
    status = account.bucket_status(here.s3, here.bucket)
    if status not in (200, 404):
        raise Refused(
            f"the bucket {here.bucket} answers {status}; it must be this account's own or not exist. Bucket names are "
            "shared by all of AWS: if another account took it, ask its owner to give it up; if it is yours, use a role "
            "that may reach it."
        )
    asked = {"Bucket": here.bucket, "Key": STATE_KEY, "ExpectedBucketOwner": here.id}
    return status == 200 and _exists(lambda: here.s3.head_object(**asked))


def _exists(look: Any) -> bool:
    try:
        look()
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def _working_copy(here: Account, *, is_moved: bool) -> TerraformRoot:
    """The root copied to a folder of its own, where it may get another backend until the bucket stands."""
    top, leave = here.folder / "root", shutil.ignore_patterns(".terraform", "tests", "*.tfstate*")
    folder = top / "terraform" / "bootstrap"
    shutil.rmtree(top, ignore_errors=True)
    shutil.copytree(terraform_root.root_folder("bootstrap"), folder, ignore=leave)
    module = Path("modules") / "deployer"  # where the root looks for it
    shutil.copytree(tools.ROOT / module, top / module, ignore=leave)
    if is_moved:
        here.first_state.unlink(missing_ok=True)  # moved, but broken off before it was forgotten
        return TerraformRoot(folder, f"bootstrap-{here.id}", _bucket_backend(here))
    (folder / "backend_override.tf").write_text(LOCAL_BACKEND % here.first_state)
    return TerraformRoot(folder, f"bootstrap-{here.id}")


def _bucket_backend(here: Account) -> tuple[str, ...]:
    named = {"bucket": here.bucket, "key": STATE_KEY, "region": here.region, "use_lockfile": "true"}
    return tuple(f"-backend-config={name}={value}" for name, value in named.items())


def _taken_over(here: Account, root: TerraformRoot) -> Iterator[str]:
    """Import blocks for what stands in the account but not in the state: of a run that was cut short."""
    listed, _ = root.run("state", "list", capture=True, may_end_with=(0, 1))  # 1: there is no state yet
    for address, identity in standing.of(here):
        if address not in listed.splitlines():
            say(f"{address} stands already; it is taken over: {identity}")
            yield f'import {{\n  to = {address}\n  id = "{identity}"\n}}\n'


def _plan_and_apply(here: Account, root: TerraformRoot, confirmed: str) -> None:
    saved = here.folder / "bootstrap.tfplan"
    here.folder.chmod(0o700)  # state and plan may hold secrets in the clear
    try:
        plan = ("plan", "-detailed-exitcode", *here.options(), *UNATTENDED, f"-out={saved}")
        if root.run(*plan, may_end_with=(0, 2))[1] == 0:
            return
        confirmation.ask(confirmed, here.id, f"apply this to account {here.id}")
        root.run("apply", *UNATTENDED, str(saved))
    finally:
        saved.unlink(missing_ok=True)


def _move(here: Account, root: TerraformRoot) -> None:
    """Bring the first state into the bucket, and forget the file once it is there."""
    (root.folder / "backend_override.tf").unlink()
    move = ("init", "-input=false", "-no-color", "-migrate-state", "-force-copy")
    root.run(*move, *_bucket_backend(here), capture=True)
    if not _is_moved(here):
        raise Refused(f"the state did not arrive in {here.bucket}; it is still in {here.first_state}. Run this again.")
    for file in (here.first_state, here.first_state.with_name("first.tfstate.backup")):
        file.unlink(missing_ok=True)
    say(f"the state of this root lies in s3://{here.bucket}/{STATE_KEY} now")


def _tell(root: TerraformRoot) -> None:
    known = root.outputs()
    print(f"state bucket  {known['state_bucket']}")
    for name, arn in known["state_policy_arns"].items():
        print(f"state policy  {name}: {arn}")
    for name, roles in known["deploy_role_arns"].items():
        for what, arn in roles.items():
            print(f"deploy role   {name}: {what}: {arn}")
    if connection := known.get("connection"):
        print(f"connection    {connection['status']}: {connection['arn']}\n              to do: {connection['to_do']}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="shipping.bootstrap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--confirm", default="", help="the account id, instead of typing it")
    args = parser.parse_args(argv)
    return ending.status_of(lambda: bootstrap(args.confirm))


if __name__ == "__main__":
    sys.exit(main())
