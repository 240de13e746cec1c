"""What each kind of part costs in a month: one function a kind, over what stands on one side of a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.review.price_book import PriceBook
from shipping.review.standing import Standing, number

INCLUDED_WORKERS = 1
INCLUDED_PAIR = 2  # schedulers and web servers that an environment's price includes
DPUS = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8, "Standard": 1}


@dataclass(frozen=True)
class Part:
    """One line of a month's bill. `usd` is None where the book has no price: told, and never taken for nothing."""

    label: str
    usd: float | None
    how: str


Rate = Callable[[Standing, PriceBook], Iterator[Part]]


def _priced(book: PriceBook, label: str, key: str, amount: float, how: str) -> Part:
    """So many units of a price; `how` tells in words where the amount comes from."""
    price = book.find(key)
    if price is None:
        return Part(label, None, f"{how}: price_book.toml has no {key}")
    doubt = "" if price.verified else ", unverified"
    return Part(label, amount * price.usd, f"{how} at {_plain(price.usd)} USD per {price.unit}{doubt}")


def airflow(standing: Standing, book: PriceBook) -> Iterator[Part]:
    hours = book.amount("hours")
    for one in standing.of_type("aws_mwaa_environment"):
        size = _word(one.get("environment_class"))
        yield _priced(book, "Airflow", f"airflow.class.{size}", hours, f"{size} all month")
        if more := _beyond_the_price(one, size):
            what = f"{more:g} more than its price includes"
            yield _priced(book, "Airflow, further parts", f"airflow.more.{size}", more * hours, what)
        gb = book.amount("airflow_database_gb")
        yield _priced(book, "Airflow, database", "airflow.database", gb, f"{gb:g} GB assumed")


def _beyond_the_price(one: Mapping[str, Any], size: str) -> float:
    """Workers, schedulers and web servers that stand all month; those that only scaling adds are not counted."""
    if size == "mw1.micro":
        return 0
    workers = number(one, "min_workers", INCLUDED_WORKERS) - INCLUDED_WORKERS
    pairs = [number(one, name, INCLUDED_PAIR) - INCLUDED_PAIR for name in ("min_webservers", "schedulers")]
    return sum(max(0.0, beyond) for beyond in (workers, *pairs))


def network(standing: Standing, book: PriceBook) -> Iterator[Part]:
    hours = book.amount("hours")
    if nats := len(list(standing.of_type("aws_nat_gateway"))):
        yield _priced(book, "NAT gateways", "nat", nats * hours, f"{nats} all month")
        gb = book.amount("nat_gb")
        yield _priced(book, "NAT gateways, traffic", "nat.traffic", gb, f"{gb:g} GB assumed")
    if addresses := len(list(standing.of_type("aws_eip"))):
        yield _priced(book, "Public addresses", "public_address", addresses * hours, f"{addresses} all month")
    ways = [one for one in standing.of_type("aws_vpc_endpoint") if one.get("vpc_endpoint_type") != "Gateway"]
    if zones := sum(_zones(one) for one in ways):
        how = f"{len(ways)} in {zones} places all month"
        yield _priced(book, "Interface endpoints", "interface_endpoint", zones * hours, how)
    if list(standing.of_type("aws_flow_log")):
        gb = book.amount("flow_logs_gb")
        yield _priced(book, "Flow logs", "flow_logs", gb, f"{gb:g} GB assumed")


def _zones(endpoint: Mapping[str, Any]) -> int:
    subnets = endpoint.get("subnet_ids")
    return len(subnets) if isinstance(subnets, list) and subnets else 2  # not known before the first apply: two zones


def machines(standing: Standing, book: PriceBook) -> Iterator[Part]:
    """What no resource of the plan shows: the endpoint and the jobs are made by the DAGs, after the settings."""
    told = standing.machines
    if told is None or standing.asleep:
        return
    up_to = f", up to {told.most} by scaling" if told.most > told.endpoint_count else ""
    how = f"{told.endpoint_count} × {told.endpoint_type} all month{up_to}, made by the DAGs"
    amount = told.endpoint_count * book.amount("hours")
    yield _priced(book, "Forecast endpoint", f"machine.{told.endpoint_type}", amount, how)
    hours = book.amount("job_hours")
    yield _priced(book, "Jobs", f"machine.{told.job_type}", hours, f"{hours:g} h of {told.job_type} assumed")


def engines(standing: Standing, book: PriceBook) -> Iterator[Part]:
    run_hours = book.amount("engine_runs") * book.amount("engine_run_hours")
    for job in standing.of_type("aws_glue_job"):
        worker = _word(job.get("worker_type"))
        workers = number(job, "number_of_workers", 2)
        how = f"{run_hours:g} h assumed on {workers:g} × {worker}"
        if worker in DPUS:
            yield _priced(book, "Glue", "glue", run_hours * workers * DPUS[worker], how)
        else:
            yield Part("Glue", None, f"{how}: how many DPUs that is, is not known")
    if crawlers := len(list(standing.of_type("aws_glue_crawler"))):
        runs = crawlers * book.amount("crawler_runs")
        yield _priced(book, "Glue crawler", "crawler", runs * 2 / 6, f"{runs:g} runs assumed")
    for environment in standing.of_type("aws_batch_compute_environment"):
        yield from _batch(environment, book)
    for application in standing.of_type("aws_emrserverless_application"):
        yield from _emr_serverless(application, book, run_hours)


def _batch(one: Mapping[str, Any], book: PriceBook) -> Iterator[Part]:
    """Trainings on spot machines, which are assumed to use all that they may."""
    vcpus, hours = number(_first(one.get("compute_resources")), "max_vcpus", 2), book.amount("training_hours")
    how = f"{hours:g} h assumed of {vcpus:g} vCPU with 4 GB each"
    yield _priced(book, "Batch trainings, vCPU", "fargate_spot.vcpu", hours * vcpus, how)
    yield _priced(book, "Batch trainings, memory", "fargate_spot.memory", hours * 4 * vcpus, how)


def _emr_serverless(one: Mapping[str, Any], book: PriceBook, run_hours: float) -> Iterator[Part]:
    """Capacity that is kept ready costs by the hour; runs are assumed to use all that they may."""
    ready = _ready(one)
    if ready != (0, 0):
        hours = book.amount("hours")
        for key, amount, unit in (("vcpu", ready[0], "vCPU"), ("memory", ready[1], "GB")):
            label = f"EMR Serverless kept ready, {unit}"
            yield _priced(book, label, f"emr_serverless.{key}", amount * hours, f"{amount:g} {unit} all month")
    limits = _first(one.get("maximum_capacity"))
    for key, name, unit in (("vcpu", "cpu", "vCPU"), ("memory", "memory", "GB")):
        amount = _leading_number(limits.get(name))
        how = f"{run_hours:g} h assumed of {amount:g} {unit}"
        yield _priced(book, f"EMR Serverless runs, {unit}", f"emr_serverless.{key}", amount * run_hours, how)


def _ready(application: Mapping[str, Any]) -> tuple[float, float]:
    cpu, memory = 0.0, 0.0
    capacities = application.get("initial_capacity")
    for block in capacities if isinstance(capacities, list) else []:
        config = _first(block.get("initial_capacity_config"))
        each = _first(config.get("worker_configuration"))
        workers = number(config, "worker_count", 0)
        cpu += workers * _leading_number(each.get("cpu"))
        memory += workers * _leading_number(each.get("memory"))
    return cpu, memory


def storage(standing: Standing, book: PriceBook) -> Iterator[Part]:
    if list(standing.of_type("aws_s3_bucket")):
        gb, requests = book.amount("storage_gb"), book.amount("storage_requests")
        yield _priced(book, "Storage (S3)", "storage", gb, f"{gb:g} GB assumed")
        how = f"{requests:g} assumed"
        yield _priced(book, "Storage (S3), requests", "storage.requests", requests / 1000, how)
    if repositories := len(list(standing.of_type("aws_ecr_repository"))):
        gb = repositories * book.amount("image_gb")
        yield _priced(book, "Images (ECR)", "images", gb, f"{gb:g} GB in {repositories} repositories assumed")
    if keys := len(list(standing.of_type("aws_kms_key"))):
        yield _priced(book, "Keys (KMS)", "key", keys, f"{keys}")
    if secrets := len(list(standing.of_type("aws_secretsmanager_secret"))):
        yield _priced(book, "Secrets", "secret", secrets, f"{secrets}")


def watching(standing: Standing, book: PriceBook) -> Iterator[Part]:
    if alarms := sum(_metrics(one) for one in standing.of_type("aws_cloudwatch_metric_alarm")):
        yield _priced(book, "Alarms", "alarm", alarms, f"{alarms} metrics watched")
    if boards := len(list(standing.of_type("aws_cloudwatch_dashboard"))):
        yield _priced(book, "Dashboards", "dashboard", boards, f"{boards}")
    if groups := sum(_is_written(one, standing) for one in standing.of_type("aws_cloudwatch_log_group")):
        gb = groups * book.amount("log_gb")
        yield _priced(book, "Logs", "logs", gb, f"{gb:g} GB into {groups} groups assumed")


def _is_written(group: Mapping[str, Any], standing: Standing) -> bool:
    """While an environment sleeps, nobody writes into Airflow's groups and nobody reads from the endpoint."""
    return not (standing.asleep and _word(group.get("name")).startswith(("airflow-", "/aws/sagemaker/")))


def _metrics(alarm: Mapping[str, Any]) -> int:
    """An alarm over an expression costs once for every metric in it."""
    queries = alarm.get("metric_query")
    return max(1, sum(one.get("metric") not in (None, []) for one in queries)) if isinstance(queries, list) else 1


def functions(standing: Standing, book: PriceBook) -> Iterator[Part]:
    found = list(standing.of_type("aws_lambda_function"))
    if found:
        runs, seconds = book.amount("function_runs"), book.amount("function_seconds")
        gb = sum(number(one, "memory_size", 128) for one in found) / 1024
        how = f"{runs:g} runs of {seconds:g} s each assumed for {len(found)}"
        yield _priced(book, "Functions", "function.seconds", runs * seconds * gb, how)
        yield _priced(book, "Functions, requests", "function.requests", runs * len(found) / 1e6, f"{runs:g} each")


RATES: tuple[Rate, ...] = (airflow, network, machines, engines, storage, watching, functions)
PRICED_TYPES = frozenset({
    "aws_batch_compute_environment",
    "aws_cloudwatch_dashboard", "aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm", "aws_ecr_repository",
    "aws_eip", "aws_emrserverless_application", "aws_flow_log", "aws_glue_crawler", "aws_glue_job", "aws_kms_key",
    "aws_lambda_function", "aws_mwaa_environment", "aws_nat_gateway", "aws_s3_bucket",
    "aws_secretsmanager_secret", "aws_vpc_endpoint",
})  # fmt: skip


def _plain(usd: float) -> str:
    """Without an exponent, which people do not read."""
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def _word(value: Any) -> str:
    return value if value is not UNKNOWN and isinstance(value, str) and value else "unknown"


def _first(blocks: Any) -> Mapping[str, Any]:
    return blocks[0] if isinstance(blocks, list) and blocks and isinstance(blocks[0], dict) else {}


def _leading_number(text: Any) -> float:
    """Of a size such as `4 vCPU` or `16 GB`; 0 where nothing is asked for."""
    found = re.match(r"\s*(\d+(?:\.\d+)?)", text) if isinstance(text, str) else None
    return float(found[1]) if found else 0.0
