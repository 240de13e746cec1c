"""Tell the environment's alerts topic what was changed by hand: what AWS is, and the state does not say.

The plan is refresh-only, saves nothing but itself, and takes no lock, so that it never holds up a deployment. An apply
writes down anew what it finds, so that what somebody put beside ours, such as one more policy of a role, is told until
the next apply and not after: look every day.

Drift that was found and told is no failure: who hears of it has heard everything, and a red build beside it would only
teach people to pass over red builds. A drift that could not be looked for, or not be told, is one.
"""

from __future__ import annotations

from typing import Any

import boto3

from shipping import drift_page, planning, saved_plan, state_lock, values
from shipping.environments import Refused
from shipping.terraform_root import TerraformRoot
from shipping.values import Values


def tell(environment: str) -> None:
    """Look, print, and publish where something differs."""
    found = planning.checked(environment)
    root = planning.prepared(environment, found, quietly=True)
    known = root.outputs()
    if "alerts_topic" not in known:
        raise Refused(
            f"{environment} has no alerts topic to tell: nothing is applied there. "
            f"Run `make plan apply ENV={environment}`."
        )
    drifted = drift_page.drifted(_refreshed(environment, root, found))
    if not drifted:
        print(f"{environment}: no drift; AWS is what the state says", flush=True)
        return
    body = drift_page.written(environment, drifted, busy(environment))
    print(body, flush=True)
    sns = boto3.client("sns", region_name=known["region"])
    sns.publish(TopicArn=known["alerts_topic"], Subject=drift_page.subject(environment, drifted), Message=body)
    print(f"told {known['alerts_topic']}", flush=True)


def _refreshed(environment: str, root: TerraformRoot, found: Values) -> dict[str, Any]:
    """The refresh-only plan as JSON."""
    options = planning.value_options(environment, planning.rest_option(environment, root, found, None))
    passing = saved_plan.for_drift(environment)
    passing.make_room()
    try:
        plan = ("plan", "-refresh-only", "-lock=false", "-input=false", "-parallelism=20", f"-out={passing.file}")
        root.run(*plan, *options, capture=True)
        return root.plan_json(passing.file)
    finally:
        passing.discard()


def busy(environment: str) -> str:
    """Who is deploying just now, whose half-done work looks like drift; empty where nobody is."""
    backend = values.backend_of(environment)
    lock = state_lock.read(boto3.client("s3", region_name=backend.region), backend.bucket, backend.key)
    return f"The state is {lock}: what that run is changing may stand below." if lock else ""
