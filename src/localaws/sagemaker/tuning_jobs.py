"""Hyperparameter tuning jobs: training jobs of their own, the best of which is found by a metric."""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from typing import Any

from localaws.container.run import Run
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker import tuning_choices
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.jobs import Jobs
from localaws.sagemaker.records import Records
from localaws.sagemaker.training_jobs import TrainingJobs

LOOK_EVERY_SECONDS = 0.05
STRATEGIES = ("Random", "Grid")
NOT_SERVED = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
NOT_SERVED_IN_CONFIG = ("StrategyConfig", "TuningJobCompletionCriteria")
NOT_SERVED_IN_DEFINITION = ("HyperParameterRanges", "HyperParameterTuningResourceConfig", "RetryStrategy")
OBJECTIVE_PARAMETER = "_tuning_objective_metric"  # what AWS lets each training know of the tuning
COUNTERS = {"Completed": "Completed", "Failed": "NonRetryableError", "Stopped": "Stopped"}


class TuningJobs(Jobs):
    """Serves the actions on tuning jobs."""

    def __init__(self, records: Records, training: TrainingJobs) -> None:
        super().__init__(records)
        self.training = training

    def actions(self) -> Actions:
        """What is served here."""
        return {**super().actions(), "ListTrainingJobsForHyperParameterTuningJob": self.trainings}

    def check(self, asked: Body, caller: Caller) -> None:
        """What is not tried here is refused, so that nobody believes it was."""
        config, definition = asked["HyperParameterTuningJobConfig"], asked.get("TrainingJobDefinition") or {}
        _refuse_what_is_not_served(asked, config, definition)
        tuning_choices.check(config)
        if config["Strategy"] == "Random" and not _limits(config).get("MaxNumberOfTrainingJobs"):
            raise ServiceError("ValidationException", "ResourceLimits lacks MaxNumberOfTrainingJobs; Random needs it.")
        metrics = [m["Name"] for m in definition["AlgorithmSpecification"].get("MetricDefinitions") or []]
        objective = _objective(config)
        if objective["MetricName"] not in metrics:
            told = f"The objective metric {objective['MetricName']!r} is none of MetricDefinitions: {metrics}."
            raise ServiceError("ValidationException", told)
        self.training.check(self._request(asked, 1, {}), caller)

    def beginning(self, asked: Body) -> Body:
        """No training has begun."""
        config = asked["HyperParameterTuningJobConfig"]
        listed = {"Strategy": config["Strategy"], "ResourceLimits": _limits(config)}  # for summaries
        return listed | _counted([])

    def describe(self, asked: Body, caller: Caller) -> Body:
        """With the trainings counted as they stand now."""
        record = self.records.get(asked["HyperParameterTuningJobName"])
        children = self._children(record)
        best = self._best(children)
        return record | _counted(children) | ({"BestTrainingJob": best} if best else {})

    def trainings(self, asked: Body, caller: Caller) -> Body:
        """ListTrainingJobsForHyperParameterTuningJob, oldest first unless asked otherwise."""
        children = self._children(self.records.get(asked["HyperParameterTuningJobName"]))
        if asked.get("StatusEquals"):
            children = [child for child in children if child["TrainingJobStatus"] == asked["StatusEquals"]]
        by = {"Name": "TrainingJobName", "Status": "TrainingJobStatus"}.get(asked.get("SortBy", "Name"))
        if asked.get("SortBy") == "FinalObjectiveMetricValue":
            children.sort(key=_value)
        elif by:
            children.sort(key=lambda child: child[by])
        if asked.get("SortOrder") == "Descending":
            children.reverse()
        start = int(asked.get("NextToken") or 0)
        end = start + asked.get("MaxResults", 10)
        answer: Body = {"TrainingJobSummaries": children[start:end]}
        return answer | ({"NextToken": str(end)} if end < len(children) else {})

    def work(self, asked: Body, arn: str, run: Run) -> Body:
        """As many trainings at once as allowed, until all are done or somebody says stop."""
        config = asked["HyperParameterTuningJobConfig"]
        limits = _limits(config)
        drawn = tuning_choices.choices(config, asked["HyperParameterTuningJobName"])
        waiting = enumerate(itertools.islice(drawn, limits.get("MaxNumberOfTrainingJobs")), start=1)
        deadline = time.monotonic() + limits.get("MaxRuntimeInSeconds", math.inf)
        running: list[str] = []
        has_more = True
        while has_more or running:
            if run.stop_asked or time.monotonic() > deadline:
                self._stop(running)
                return self._ended(asked, "Stopped" if run.stop_asked else None)
            while has_more and len(running) < limits["MaxParallelTrainingJobs"]:
                following = next(waiting, None)
                has_more = following is not None
                if following is not None:
                    running.append(self._begin(asked, arn, *following))
            time.sleep(LOOK_EVERY_SECONDS)
            running = [name for name in running if self.training.run_of(name) is not None]
        return self._ended(asked, None)

    def failed(self, name: str, reason: str) -> Body:
        """Failed, for this reason."""
        return _end("Failed", reason)

    def _begin(self, asked: Body, arn: str, number: int, choice: tuning_choices.Choice) -> str:
        request = self._request(asked, number, choice)
        self.training.begin(request, TuningJobArn=arn, TunedHyperParameters=choice)
        return str(request["TrainingJobName"])

    def _stop(self, running: list[str]) -> None:
        for name in running:
            if (run := self.training.run_of(name)) is not None:
                run.stop()
        while any(self.training.run_of(name) is not None for name in running):
            time.sleep(LOOK_EVERY_SECONDS)

    def _ended(self, asked: Body, status: str | None) -> Body:
        children = self._children(self.records.get(asked["HyperParameterTuningJobName"]))
        if status or self._best(children):
            return _end(status or "Completed", None)
        return _end("Failed", "All training jobs failed. Please take a look at the training jobs failures.")

    def _request(self, asked: Body, number: int, choice: tuning_choices.Choice) -> Body:
        """What CreateTrainingJob would be sent for one choice."""
        definition = {k: v for k, v in asked["TrainingJobDefinition"].items() if k != "StaticHyperParameters"}
        name = asked["HyperParameterTuningJobName"]
        child = f"{name}-{number:03d}-{hashlib.sha256(f'{name} {number}'.encode()).hexdigest()[:8]}"
        objective = {OBJECTIVE_PARAMETER: _objective(asked["HyperParameterTuningJobConfig"])["MetricName"]}
        fixed = asked["TrainingJobDefinition"].get("StaticHyperParameters") or {}
        if checkpoints := definition.get("CheckpointConfig"):  # each its own place, as on AWS
            uri = f"{checkpoints['S3Uri'].rstrip('/')}/{child}"
            definition["CheckpointConfig"] = {**checkpoints, "S3Uri": uri}
        return {**definition, "TrainingJobName": child, "HyperParameters": {**fixed, **choice, **objective}}

    def _children(self, record: Body) -> list[Body]:
        """Summaries of its trainings, oldest first."""
        arn, objective = record["HyperParameterTuningJobArn"], _objective(record["HyperParameterTuningJobConfig"])
        jobs = [job for job in self.training.records.all() if job.get("TuningJobArn") == arn]
        return sorted((_summary(job, objective) for job in jobs), key=lambda job: job["TrainingJobName"])

    def _best(self, children: list[Body]) -> Body | None:
        found = [child for child in children if child.get("ObjectiveStatus") == "Succeeded"]
        if not found:
            return None
        is_better = max if found[0]["FinalHyperParameterTuningJobObjectiveMetric"]["Type"] == "Maximize" else min
        return is_better(found, key=_value)


def _refuse_what_is_not_served(asked: Body, config: Body, definition: Body) -> None:
    absent = [key for key in NOT_SERVED if asked.get(key)]
    absent += [key for key in NOT_SERVED_IN_CONFIG if config.get(key)]
    absent += [key for key in NOT_SERVED_IN_DEFINITION if definition.get(key)]
    absent += ["TrainingJobEarlyStoppingType Auto"] if config.get("TrainingJobEarlyStoppingType") == "Auto" else []
    absent += [f"the strategy {config['Strategy']}"] if config["Strategy"] not in STRATEGIES else []
    if absent:
        told = f"The embedded SageMaker does not tune with {', '.join(absent)}; it has {' and '.join(STRATEGIES)}."
        raise ServiceError("UnsupportedOperationException", told)
    for key, holder in (("TrainingJobDefinition", asked), ("ResourceConfig", definition)):
        if not holder.get(key):
            raise ServiceError("ValidationException", f"{key} is missing; a training needs it.")
    if not config.get("HyperParameterTuningJobObjective"):
        raise ServiceError("ValidationException", "HyperParameterTuningJobObjective is missing; it tells what is best.")


def _summary(job: Body, objective: Body) -> Body:
    keys = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime",
            "TrainingJobStatus", "FailureReason")  # fmt: skip
    told = {key: job[key] for key in keys if key in job} | {"TunedHyperParameters": job["TunedHyperParameters"]}
    found = [m["Value"] for m in job.get("FinalMetricDataList") or [] if m["MetricName"] == objective["MetricName"]]
    if job["TrainingJobStatus"] in ("InProgress", "Stopping"):
        return told | {"ObjectiveStatus": "Pending"}
    if not found or job["TrainingJobStatus"] == "Failed" or not math.isfinite(found[0]):
        return told | {"ObjectiveStatus": "Failed"}
    metric = {**objective, "Value": found[0]}
    return told | {"ObjectiveStatus": "Succeeded", "FinalHyperParameterTuningJobObjectiveMetric": metric}


def _counted(children: list[Body]) -> Body:
    statuses = [COUNTERS.get(child["TrainingJobStatus"], "InProgress") for child in children]
    objectives = [child["ObjectiveStatus"] for child in children]
    kinds = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return {
        "TrainingJobStatusCounters": {kind: statuses.count(kind) for kind in kinds},
        "ObjectiveStatusCounters": {kind: objectives.count(kind) for kind in ("Succeeded", "Pending", "Failed")},
    }


def _value(child: Body) -> float:
    """Those without a value come last in ascending order."""
    metric = child.get("FinalHyperParameterTuningJobObjectiveMetric")
    return float(metric["Value"]) if metric else math.inf


def _objective(config: Body) -> dict[str, Any]:
    objective: dict[str, Any] = config["HyperParameterTuningJobObjective"]
    return objective


def _limits(config: Body) -> dict[str, Any]:
    return config.get("ResourceLimits") or {}


def _end(status: str, reason: str | None) -> Body:
    return {
        "HyperParameterTuningJobStatus": status, "FailureReason": reason, "HyperParameterTuningEndTime": time.time(),
    }  # fmt: skip
