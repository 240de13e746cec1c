"""What a month costs: every part counted, nothing without a price taken for nothing, and the ceiling held."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.shipping.review.plans import TODAY, Shown, change, plan, review_of, settings
from tests.terraform import hcl

from shipping.environments import Refused
from shipping.review import bill, changes, price_book, rates
from shipping.review.bill import Bill

ROOT = Path(__file__).resolve().parents[3]
BOOK = price_book.load()
HOURS = 730
MICRO = {"environment_class": "mw1.micro", "min_workers": 1, "min_webservers": 1, "schedulers": 1}
PLANNED = {"serving": {"instance_count": 1, "instance_type": "ml.m5.large"}}


def priced(shown: Shown, today: date = TODAY) -> Bill:
    return bill.of(shown, changes.of(shown), BOOK, today)


def after(*found: Shown, **variables: Any) -> dict[str, float | None]:
    return {line.label: line.after for line in priced(plan(*found, variables=variables)).lines}


def made(kind: str, number: int = 1, **side: Any) -> list[Shown]:
    return [change(f"{kind}.n{one}", None, side or {"id": "x"}) for one in range(number)]


@pytest.mark.parametrize(
    ("kind", "number", "side", "label", "usd"),
    [
        ("aws_nat_gateway", 2, {}, "NAT gateways", 2 * HOURS * 0.045),
        ("aws_eip", 2, {}, "Public addresses", 2 * HOURS * 0.005),
        ("aws_mwaa_environment", 1, MICRO, "Airflow", HOURS * 0.49),
        ("aws_vpc_endpoint", 3, {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}, "Interface endpoints",
         6 * HOURS * 0.01),
        ("aws_kms_key", 2, {}, "Keys (KMS)", 2.0),
        ("aws_cloudwatch_metric_alarm", 5, {}, "Alarms", 0.5),
        ("aws_cloudwatch_metric_alarm", 1, {"metric_query": [{"metric": [{}]}, {"expression": "a"}, {"metric": [{}]}]},
         "Alarms", 0.2),
        ("aws_cloudwatch_dashboard", 1, {}, "Dashboards", 3.0),
        ("aws_cloudwatch_log_group", 4, {}, "Logs", 2.0),
        ("aws_ecr_repository", 2, {}, "Images (ECR)", 1.2),
        ("aws_glue_job", 1, {"worker_type": "G.2X", "number_of_workers": 3}, "Glue", 22 * 0.25 * 6 * 0.44),
        ("aws_lambda_function", 1, {"memory_size": 1024}, "Functions", 66 * 30 * 0.0000166667),
    ],
)  # fmt: skip
def test_each_part_is_counted_as_the_book_says(kind: str, number: int, side: Any, label: str, usd: float) -> None:
    """A sum that nobody can reckon by hand convinces nobody."""
    assert after(*made(kind, number, **side))[label] == pytest.approx(usd)


def test_more_workers_than_the_price_includes_cost_more() -> None:
    """They stand all month, busy or not; those that scaling may add do not."""
    small = {"environment_class": "mw1.small", "min_workers": 3, "max_workers": 9, "min_webservers": 2, "schedulers": 3}

    assert after(*made("aws_mwaa_environment", **small))["Airflow, further parts"] == pytest.approx(3 * HOURS * 0.055)
    assert "Airflow, further parts" not in after(*made("aws_mwaa_environment", **MICRO))


def test_emr_serverless_costs_by_the_hour_only_where_it_is_kept_ready() -> None:
    """Capacity that waits is the dearest way to run nothing."""
    limits = {"maximum_capacity": [{"cpu": "8 vCPU", "memory": "32 GB"}]}
    ready = {"initial_capacity": [{"initial_capacity_config": [
        {"worker_count": 2, "worker_configuration": [{"cpu": "4 vCPU", "memory": "16 GB"}]}
    ]}]}  # fmt: skip

    assert "EMR Serverless kept ready, vCPU" not in after(*made("aws_emrserverless_application", **limits))
    waiting = after(*made("aws_emrserverless_application", **limits, **ready))
    assert waiting["EMR Serverless kept ready, vCPU"] == pytest.approx(8 * HOURS * 0.0526)
    assert waiting["EMR Serverless runs, GB"] == pytest.approx(22 * 0.25 * 32 * 0.0058)


def test_trainings_on_batch_cost_by_their_hours_and_processors() -> None:
    bill = after(*made("aws_batch_compute_environment", compute_resources=[{"max_vcpus": 2, "type": "FARGATE_SPOT"}]))

    assert bill["Batch trainings, vCPU"] == pytest.approx(4 * 2 * 0.012144)
    assert bill["Batch trainings, memory"] == pytest.approx(4 * 8 * 0.0013335)


def test_the_endpoint_that_dags_make_is_counted_awake_and_not_asleep() -> None:
    """No resource of the plan shows it, and it is the part that grows."""
    shown = plan(*settings(2), variables={"serving": {"scaling": {"max_instances": 6}}})
    (line,) = [line for line in priced(shown).lines if line.label == "Forecast endpoint"]
    asleep = plan(*settings(2), output_changes={"asleep": {"actions": ["update"], "before": False, "after": True}})

    assert (line.before, line.after) == (pytest.approx(2 * HOURS * 0.115), pytest.approx(2 * HOURS * 0.115))
    assert "up to 6 by scaling" in line.how
    assert (priced(asleep).before, priced(asleep).after) == (pytest.approx(2 * HOURS * 0.115 + 0.92), 0)


def test_a_first_plan_prices_the_endpoint_by_its_values() -> None:
    """Before the first apply no parameter is known, and the endpoint would be counted as nothing."""
    first = change("aws_ssm_parameter.a", None, {"name": "/stockcast/dev/serving_instance_type"}, {"value": True})

    assert after(first, **PLANNED)["Forecast endpoint"] == pytest.approx(HOURS * 0.115)


def test_what_goes_is_counted_before_only() -> None:
    """A change has two sides."""
    found = priced(plan(change("aws_nat_gateway.a", {"id": "n"}), *made("aws_kms_key")))

    assert found.before == pytest.approx(HOURS * 0.045 + 0.45)
    assert found.after == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (made("aws_rds_cluster"), "1 × aws_rds_cluster"),
        (made("aws_mwaa_environment", environment_class="mw1.2xlarge"), "airflow.class.mw1.2xlarge"),
        (settings(1, "ml.g5.48xlarge"), "machine.ml.g5.48xlarge"),
        (settings(1, "<b>gpu</b>"), "machine.unknown"),
        (made("aws_glue_job", worker_type="Z.9X"), "1 × aws_glue_job"),
    ],
)
def test_what_the_book_does_not_know_is_told_and_never_nothing(found: list[Shown], expected: str) -> None:
    """The dearest machine of all would look like the cheapest."""
    told = priced(plan(*found)).not_priced

    assert len(told) == 1
    assert expected in told[0] or "how many DPUs" in told[0]
    assert "1 not priced" in review_of(plan(*found)).summary


def sources_of(folder: Path, seen: set[Path]) -> list[Path]:
    """The files of a root or module, and of all modules that it calls."""
    if folder in seen:
        return []
    seen.add(folder)
    files = sorted(folder.glob("*.tf"))
    called = [
        name for file in files for name in re.findall(r'^\s+source\s+= "(\.[^"]+)"', file.read_text(), re.MULTILINE)
    ]
    return files + [file for name in called for file in sources_of((folder / name).resolve(), seen)]


def test_every_type_of_an_environment_is_priced_or_known_to_be_free() -> None:
    """Whoever adds one to a module has to say what it costs."""
    sources = sources_of(ROOT / "terraform/platform", set())
    used = {name for file in sources for name in re.findall(r'^resource "(\w+)"', file.read_text(), re.MULTILINE)}

    assert len(used) > 40
    assert used - BOOK.free - rates.PRICED_TYPES == set()
    assert not BOOK.free & rates.PRICED_TYPES


def test_every_price_tells_its_source() -> None:
    """A number that nobody can check again is a rumour."""
    assert [key for key, price in BOOK.prices.items() if len(price.source) < 10 or price.usd <= 0] == []
    assert [name for name, one in BOOK.assumed.items() if len(one.why) < 10] == []


def test_an_old_book_is_told() -> None:
    """Prices change, and a sum of old ones looks as sure as one of new."""
    empty = plan(*made("aws_kms_key"))
    last_day = BOOK.read_on + timedelta(days=BOOK.valid_days)

    assert priced(empty, last_day).warnings == ()
    (warning,) = priced(empty, last_day + timedelta(days=1)).warnings
    assert "181 days ago" in warning
    assert "price_book.toml" in warning


def test_another_region_is_told() -> None:
    """Frankfurt is a fifth dearer."""
    (warning,) = priced(plan(variables={"region": "eu-central-1"})).warnings

    assert "eu-central-1" in warning


def test_a_plan_above_its_ceiling_is_refused_with_value_rule_and_remedy() -> None:
    """Ten machines instead of one are a typo that costs a salary."""
    review = review_of(plan(*settings(10), variables={"budget": {"monthly_limit_usd": 600}}))

    with pytest.raises(Refused) as refused:
        review.check_money()

    assert "would cost 840 USD a month, above its ceiling of 600" in str(refused.value)
    assert "Forecast endpoint: 840 USD (10 × ml.m5.large" in str(refused.value)
    assert "budget.monthly_limit_usd in envs/dev/platform.tfvars" in str(refused.value)
    assert "ABOVE THE CEILING" in review.summary


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (settings(1, "ml.p4d.24xlarge"), "Forecast endpoint: 1 × ml.p4d.24xlarge"),
        (made("aws_mwaa_environment", environment_class="mw1.2xlarge"), "Airflow: mw1.2xlarge"),
        (made("aws_rds_cluster"), "1 × aws_rds_cluster"),
    ],
)
def test_a_plan_with_a_part_without_a_price_is_refused_with_the_remedy(found: list[Shown], part: str) -> None:
    """It would pass under any ceiling as if it cost nothing: 24 000 USD a month for the first of these."""
    review = review_of(plan(*found))

    assert not review.bill.is_above_ceiling
    with pytest.raises(Refused) as refused:
        review.check_money()

    assert part in str(refused.value)
    assert "Add its price with the source to src/shipping/review/price_book.toml" in str(refused.value)
    assert "or choose one that is there" in str(refused.value)


def test_what_has_no_price_and_goes_is_not_refused() -> None:
    """Else nobody could ever take it away again."""
    review_of(plan(change("aws_rds_cluster.dear", {"id": "x"}))).check_money()


def test_both_reasons_are_told_at_once() -> None:
    """Who mends one would else learn of the other at the next push."""
    with pytest.raises(Refused, match=r"above its ceiling of 500.*no price for 1 × aws_rds_cluster"):
        review_of(plan(*settings(10), *made("aws_rds_cluster"))).check_money()


def test_the_book_lies_where_the_remedy_says() -> None:
    assert (ROOT / price_book.PATH).samefile(price_book.FILE)


def test_a_plan_at_its_ceiling_passes() -> None:
    """A limit is what may be reached."""
    one = plan(*made("aws_kms_key", 100), variables={"budget": {"monthly_limit_usd": 100}})
    review = review_of(one)

    review.check_money()
    assert not review.bill.is_above_ceiling


def test_without_a_budget_nothing_is_refused() -> None:
    """Other roots have none."""
    review_of(plan(*settings(10), variables={"budget": None})).check_money()


@pytest.mark.parametrize("environment", ["dev", "local", "prod", "staging"])
def test_every_environments_ceiling_holds_it_awake_and_not_ten_times_its_endpoint(environment: str) -> None:
    """A ceiling that is always met is lifted blindly, one that is never met guards nothing."""
    values: dict[str, Any] = hcl.load(ROOT / f"envs/{environment}/platform.tfvars")
    limit = values["budget"]["monthly_limit_usd"]
    parts = [
        *made("aws_mwaa_environment", environment_class=values["airflow"]["class"]), *made("aws_kms_key"),
        *made("aws_nat_gateway", 2 if values["network"]["nat"] == "per_zone" else 1),
        *made("aws_cloudwatch_metric_alarm", 18), *made("aws_cloudwatch_dashboard"),
        *made("aws_cloudwatch_log_group", 8),
    ]  # fmt: skip
    count, machine = values["serving"]["instance_count"], values["serving"]["instance_type"]

    def sum_of(instances: int) -> float:
        return priced(plan(*parts, *settings(instances, machine))).after

    assert priced(plan(*parts, *settings(count, machine))).not_priced == ()
    assert sum_of(count) < limit < sum_of(10 * count)
