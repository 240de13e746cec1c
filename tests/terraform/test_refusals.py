"""Values that no environment may have: each is refused at plan, with the value, the rule and the way out.

One `terraform test` runs them all. A plan of the platform takes seconds, so cases about different variables share one:
it must end in the message of each.
"""

import re
import shutil
from pathlib import Path

import pytest
from tests.terraform.conftest import FileResult, Workbench

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900), pytest.mark.xdist_group("terraform-platform")]

# name of the case: (the values, what the message must say)
REFUSED = {
    "account_id_with_dashes": ('account_id = "1111-1111-1111"', "1111-1111-1111", "12 digits", "get-caller-identity"),
    "account_id_too_short": ('account_id = "12345"', "12345", "12 digits"),
    "airflow_class_unknown": (
        'airflow = { enabled = true, version = "3.0.6", class = "mw1.tiny" }', "mw1.tiny", "mw1.small",
    ),
    "airflow_maintenance_on_the_quarter": (
        'airflow = { enabled = true, version = "3.0.6", maintenance_start = "SUN:06:15" }', "SUN:06:15", "SUN:06:00",
    ),
    "airflow_micro_with_workers": (
        'airflow = { enabled = true, version = "3.0.6", class = "mw1.micro", min_workers = 2 }',
        "mw1.micro", "Leave them out", "mw1.small",
    ),
    "airflow_version_never_offered": ('airflow = { enabled = true, version = "3.1.0" }', "3.1.0", "3.0.6"),
    "airflow_version_two": ('airflow = { enabled = true, version = "2.11.0" }', "2.11.0", "3.0.6"),
    "airflow_web_server_open": (
        'airflow = { enabled = true, version = "3.0.6", webserver_access = "OPEN" }', "OPEN", "PRIVATE_ONLY",
    ),
    "airflow_without_a_way_out": (
        'asleep = false\n    airflow = { enabled = true, version = "3.0.6" }\n    network = { nat = "none" }',
        "none", "single", "endpoints",
    ),
    "approval_by_nobody": ('approval = "nobody"', "nobody", "automatic", "manual"),
    "budget_of_nothing": ("budget = { anomaly_usd = 1, monthly_limit_usd = 0 }", "is 0", "1 USD or more"),
    "cidr_too_large": ('network = { cidr = "10.0.0.0/8" }', "10.0.0.0/8", "/16", "/22"),
    "cidr_too_small": ('network = { cidr = "10.20.0.0/28" }', "10.20.0.0/28", "/16", "/22"),
    "cidr_that_is_none": ('network = { cidr = "10.20.0.0" }', "10.20.0.0", "/16"),
    "e_mail_that_is_none": (
        'alerts = { subscriptions = { on_call = { endpoint = "on-call at example.com" } } }', "on_call", "mail address",
    ),
    "environment_in_capitals": ('environment = "Dev"', "Dev", "a-z"),
    "environment_of_the_pipelines": ('environment = "delivery"', "delivery", "Rename it"),
    "environment_of_their_check": ('environment = "check"', "check", "Rename it"),
    "environment_too_long": ('environment = "developmenteurope"', "developmenteurope", "2 to 12"),
    "flow_logs_of_some": ('network = { flow_logs = "SOME" }', "SOME", "REJECT"),
    "history_on_a_day_that_is_none": ('history_start = "2000-02-30"', "2000-02-30", "YYYY-MM-DD"),
    "https_address_without_https": (
        'alerts = { subscriptions = { pager = { endpoint = "http://example.com/hook", protocol = "https" } } }',
        "pager", "https://",
    ),
    "hyperparameter_that_is_no_number": (
        'training = { hyperparameters = { epochs = "thirty" } }', "thirty", "a number",
    ),
    "hyperparameter_unknown": (
        'training = { hyperparameters = { epoch = "30" } }', "epoch", "epochs",
    ),
    "image_latest": ('images = { jobs_tag = "latest", serving_tag = "0.1.0" }', "latest", "tag"),
    "image_tag_with_a_colon": ('images = { serving_tag = "a:b" }', "a:b", "tag"),
    "job_machine_without_ml": (
        'training = { hyperparameters = {}, job_instance_type = "m5.large" }', "m5.large", "ml.m5.large",
    ),
    "log_days_that_cloudwatch_does_not_know": ("retention = { log_days = 31 }", "31", "30"),
    "machines_too_many_for_one_training": (
        "training = { hyperparameters = {}, instance_count = 5 }", "is 5", "1 to 4",
    ),
    "market_asks_nobody": (
        'market = { base_url = "https://example.com", sources = [] }', "[]", "yahoo, alpha_vantage and stooq",
    ),
    "market_asks_one_twice": (
        'market = { base_url = "https://example.com", sources = ["yahoo", "yahoo"] }', "yahoo", "each once",
    ),
    "market_asks_one_that_is_none": (
        'market = { base_url = "https://example.com", sources = ["google"] }', "google", "alpha_vantage",
    ),
    "market_budget_of_half_a_request": (
        'market = { base_url = "https://example.com", alpha_vantage = { daily_budget = 0.5 } }', "0.5", "whole number",
    ),
    "market_key_that_would_go_in_the_clear": (
        'market = { base_url = "https://example.com", alpha_vantage = { base_url = "http://example.com" } }',
        "http://example.com", "https://",
    ),
    "market_plan_that_nobody_sells": (
        'market = { base_url = "https://example.com", alpha_vantage = { plan = "gold" } }', "gold", "free or paid",
    ),
    "market_second_source_with_a_path": (
        'market = { base_url = "https://example.com", stooq = { base_url = "https://stooq.com/q" } }',
        "https://stooq.com/q", "without a path",
    ),
    "market_with_a_path": (
        'market = { base_url = "https://example.com/v8" }', "https://example.com/v8", "without a path",
    ),
    "nat_of_another_kind": ('network = { nat = "instance" }', "instance", "per_zone"),
    "one_zone": ('network = { zones = ["a"] }', '["a"]', "two"),
    "package_that_was_never_built": ('build_folder = "../../nowhere"', "nowhere", "make package"),
    "region_that_is_none": ('region = "us-east"', "us-east", "us-east-1"),
    "schedule_like_crontab": (
        'schedule = { enabled = true, expression = "30 22 * * 1-5" }', "30 22 * * 1-5", "cron(30 22",
    ),
    "serving_canary_with_one_machine": (
        'serving = { instance_type = "ml.m5.large", instance_count = 1, deployment = { kind = "CANARY" } }',
        "CANARY with instance_count 1;", "2 or more",
    ),
    "serving_scales_a_burstable_machine": (
        'serving = { instance_type = "ml.t2.medium", instance_count = 1, scaling = { max_instances = 2 } }',
        "ml.t2.medium", "ml.m5.large",
    ),
    "symbol_in_small_letters": ('symbols = ["amzn"]', "amzn", "A-Z"),
    "symbol_twice": ('symbols = ["AMZN", "AMZN"]', "AMZN", "once"),
    "symbols_missing": ("symbols = []", "[]", "at least one"),
    "training_by_another_backend": ('training = { hyperparameters = {}, backend = "slurm" }', "slurm", "sagemaker"),
    "several_machines_on_batch": (
        'training = { hyperparameters = {}, backend = "batch", instance_count = 2 }',
        "instance_count is 2",
        "SageMaker",
    ),
    "transform_by_another_engine": ('transform = { engine = "hadoop" }', "hadoop", "emr_serverless"),
}  # fmt: skip


MOCK = """mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "222222222222" }
  }
  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}
"""


# Variables that a module validates together with names made from another one: Terraform skips that check where the
# other one is rejected.
ALSO_READ = {"schedule": {"environment"}, "serving": {"environment"}}


def find_variables(case: str) -> set[str]:
    """Names of the variables that a case sets, and of those that must be valid for the case to be rejected."""
    names = set(re.findall(r"^\s*(\w+) = ", REFUSED[case][0], re.MULTILINE))
    return names.union(*(ALSO_READ.get(name, set()) for name in names))


def group_cases() -> dict[str, list[str]]:
    """The cases of each plan by its name. A plan rejects all of its cases, since they set different variables."""
    plans: list[list[str]] = []
    for case in REFUSED:
        free = [plan for plan in plans if not any(find_variables(case) & find_variables(other) for other in plan)]
        if free:
            free[0].append(case)
        else:
            plans.append([case])
    return {f"plan_{number}": plan for number, plan in enumerate(plans, start=1)}


PLANS = group_cases()


def build_plan_file(cases: list[str]) -> str:
    values = "\n    ".join(REFUSED[case][0] for case in cases)
    return f'{MOCK}\nrun "refused" {{\n  command = plan\n  variables {{\n    {values}\n  }}\n}}\n'


def is_error_of(error: str, case: str) -> bool:
    """Whether an error has all the words that a case expects."""
    return all(text in error for text in REFUSED[case][1:])


@pytest.fixture(scope="module")
def rejected(mocked: Workbench, build_folder: Path) -> dict[str, FileResult]:
    """Result of each plan by its name."""
    tests = mocked.root / "terraform/platform/refused"
    tests.mkdir()
    for name, cases in PLANS.items():
        (tests / f"{name}.tftest.hcl").write_text(build_plan_file(cases))
    results = mocked.test_files("terraform/platform", "refused", "-var-file=../../envs/staging/platform.tfvars")
    shutil.rmtree(tests)  # other tests run Terraform in the same folder
    return results


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_value_is_refused_at_plan(rejected: dict[str, FileResult], case: str) -> None:
    """AWS would refuse it after half an hour, or take it and cost money."""
    ((name, cases),) = [(name, cases) for name, cases in PLANS.items() if case in cases]
    said = rejected[name].errors
    errors = [error for error in said if is_error_of(error, case)]
    shared = [other for error in errors for other in cases if other != case and is_error_of(error, other)]

    assert errors, f"no error of the plan of {cases} has all of {REFUSED[case][1:]}:\n" + "\n".join(said)
    assert shared == [], f"{shared} expect the same error as {case}; give them words that tell the errors apart"
