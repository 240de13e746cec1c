"""`make sleep` and `make wake`: remove and restore what costs by the hour, and nothing else.

The choice is kept in the state, as the output `asleep`: later plans go by it.
"""

from __future__ import annotations

import boto3

from shipping import confirmation, hourly, planning, saved_plan
from shipping.endpoint_rest import Endpoint
from shipping.environments import Refused
from shipping.terraform_root import TerraformRoot


def change(environment: str, confirmed: str, *, asleep: bool) -> None:
    """Plan it, refuse whatever else the plan would touch, ask, and do it."""
    saved = saved_plan.for_rest(environment)
    try:
        root = planning.save_plan(environment, saved, asleep=asleep)
        touched = hourly.check(root.plan_json(saved.file), environment, asleep=asleep)
        endpoint = endpoint_of(environment, root)
        endpoint.check_still()
        _tell(environment, touched, endpoint, asleep=asleep)
        confirmation.ask(confirmed, environment, "do that")
        if asleep:
            planning.carry_out(root, saved)  # Airflow first: it would only make the endpoint again
            done = endpoint.lay_down()
        else:
            endpoint.begin_to_wake()  # before Airflow, which would train a first model where it finds no endpoint
            planning.carry_out(root, saved)
            done = endpoint.finish_waking()
    finally:
        saved.discard()
    for line in [*done, f"{environment} {'sleeps' if asleep else 'is awake'}."]:
        print(line, flush=True)


def endpoint_of(environment: str, root: TerraformRoot) -> Endpoint:
    known = root.outputs()
    if not known:
        raise Refused(
            f"{environment} has no outputs: nothing is applied there that could sleep or wake. "
            f"Run `make plan apply ENV={environment}` first."
        )
    return Endpoint(
        known["endpoint"],
        f"stockcast-{environment}-",
        boto3.client("sagemaker", region_name=known["region"]),
        boto3.client("application-autoscaling", region_name=known["region"]),
    )


def _tell(environment: str, touched: list[str], endpoint: Endpoint, *, asleep: bool) -> None:
    what = [f"  {address}" for address in touched]
    status = endpoint.status()
    if asleep and status not in (None, "Failed"):
        what.append(f"  endpoint {endpoint.name}; its configuration and model stay")
    if not asleep and (marked := endpoint.marked()):
        what.append(f"  endpoint {endpoint.name} with {marked}")
    heading = "goes to sleep" if asleep else "wakes up"
    print(f"{environment}: what costs by the hour {heading}:", flush=True)
    print("\n".join(what or ["  nothing; it does already"]), flush=True)
