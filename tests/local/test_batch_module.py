"""modules/batch made, used, planned again and ended in the embedded AWS: its roles must do for a whole training."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator

import pytest
from tests.localaws.batch.conftest import OVER, until
from tests.localaws.helpers import REGION, REGISTRY, REPOSITORY, Gateway, archive, running_gateway

from shipping import providers, terraform_release

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("accounts"),
    pytest.mark.timeout(1800),
]
ROOT_TF = """
provider "aws" {
  default_tags { tags = { Project = "stockcast", Environment = "dev" } }
}
resource "aws_kms_key" "this" { description = "logs" }
resource "aws_s3_bucket" "this" {
  for_each = toset(["models", "silver"])
  bucket        = "stockcast-dev-${each.key}"
  force_destroy = true
}
module "batch" {
  source      = "%s"
  name_prefix = "stockcast-dev"
  buckets     = { for zone, bucket in aws_s3_bucket.this : zone => bucket.bucket }
  image       = { repository_arn = "arn:aws:ecr:us-east-1:123456789012:repository/jobs-only", uri = "%s/jobs-only:1" }
  kms_key_arn = aws_kms_key.this.arn
  network     = { security_group_ids = ["sg-0a1b2c3d"], subnet_ids = ["subnet-0a1b2c3d"] }
}
output "run" { value = module.batch.run }
"""
TRAIN = """
import os, pathlib, sys
bars = pathlib.Path(os.environ["SM_CHANNEL_BARS"], "part").read_text()
pathlib.Path(os.environ["SM_CHECKPOINT_DIR"], "epoch").write_text("1")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model").write_text(bars + " ".join(sys.argv[1:]))
"""
Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def own_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """An account of its own."""
    with running_gateway(tmp_path_factory.mktemp("batch-gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def terraform(own_gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform in a root that holds the module."""
    home = tmp_path_factory.mktemp("root")
    (home / "main.tf").write_text(ROOT_TF % ("./modules/batch", REGISTRY))
    (home / "modules").symlink_to(REPOSITORY / "modules")
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    mirror = {"TF_CLI_CONFIG_FILE": str(providers.write_cli_config(home / "terraformrc"))}
    leads = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": own_gateway.url, "HTTP_PROXY": own_gateway.url}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [str(terraform_release.terraform()), f"-chdir={home}", *arguments, "-input=false", "-no-color"]
        env = {**os.environ, **keys, **leads, **mirror}
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=200)

    (home / ".terraform.lock.hcl").write_bytes((REPOSITORY / "terraform/platform/.terraform.lock.hcl").read_bytes())
    started = run("init")
    assert started.returncode == 0, started.stdout + started.stderr
    return run


def test_the_module_lives_and_its_roles_do_for_a_training(own_gateway: Gateway, terraform: Terraform) -> None:
    made = terraform("apply", "-auto-approve", "-parallelism=20")
    assert made.returncode == 0, made.stdout[-3000:] + made.stderr
    again = terraform("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr

    train_by_it(own_gateway)

    ended = terraform("destroy", "-auto-approve", "-parallelism=20")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    batch = own_gateway.client("batch")
    assert batch.describe_compute_environments()["computeEnvironments"] == []
    assert batch.describe_job_queues()["jobQueues"] == []
    assert batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"] == []


def train_by_it(gateway: Gateway) -> None:
    """The entry as it is shipped around a script of three lines, under the roles that the module made."""
    s3, batch = gateway.client("s3"), gateway.client("batch")
    code = {"entry/on_batch.py": (REPOSITORY / "training/entry/on_batch.py").read_text(), "train.py": TRAIN}
    s3.put_object(Bucket="stockcast-dev-models", Key="code/1/source.tar.gz", Body=archive(**code))
    s3.put_object(Bucket="stockcast-dev-silver", Key="bars/part", Body=b"bars ")
    asked = {
        "TRAINING_CHANNELS": json.dumps({"bars": "s3://stockcast-dev-silver/bars/"}),
        "TRAINING_CHECKPOINTS": "s3://stockcast-dev-models/checkpoints/x/",
        "TRAINING_HYPERPARAMETERS": json.dumps({"epochs": "2"}),
        "TRAINING_JOB_NAME": "x-1",
        "TRAINING_OUTPUT": "s3://stockcast-dev-models/training",
        "TRAINING_SOURCE": "s3://stockcast-dev-models/code/1/source.tar.gz",
    }
    overrides = {"environment": [{"name": name, "value": value} for name, value in asked.items()]}
    names = {"jobQueue": "stockcast-dev-train", "jobDefinition": "stockcast-dev-train"}
    over = until(batch, batch.submit_job(jobName="x-1", containerOverrides=overrides, **names)["jobId"], *OVER)

    assert over["status"] == "SUCCEEDED", over
    assert s3.get_object(Bucket="stockcast-dev-models", Key="checkpoints/x/epoch")["Body"].read() == b"1"
    assert s3.head_object(Bucket="stockcast-dev-models", Key="training/x-1/output/model.tar.gz")["ContentLength"] > 0
