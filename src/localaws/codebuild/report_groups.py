"""Report groups and the reports that builds send to them."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from typing import Any

from localaws.codebuild.place import Place, invalid, missing
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError

EXPIRE_AFTER_SECONDS = 30 * 24 * 3600  # AWS keeps a report's raw data for thirty days
MOST_CASES = 500  # of a report, as on AWS; those that did not pass come first
NEWEST_KEPT = 50  # reports per group; older ones would only fill the gateway's memory


class ReportGroups:
    """Serves the actions on report groups, reports and test cases."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._groups: dict[str, Body] = {}
        self._reports: dict[str, Body] = {}  # by ARN, oldest first
        self._cases: dict[str, list[Body]] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateReportGroup": self.create,
            "BatchGetReportGroups": self.batch_get,
            "UpdateReportGroup": self.update,
            "DeleteReportGroup": self.delete,
            "ListReportGroups": self.list_groups,
            "ListReports": self.list_reports,
            "ListReportsForReportGroup": self.list_reports,
            "BatchGetReports": self.batch_get_reports,
            "DescribeTestCases": self.describe_test_cases,
            "DeleteReport": self.delete_report,
        }

    def names(self) -> list[str]:
        """What stands."""
        with self._lock:
            return sorted(self._groups)

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateReportGroup."""
        name, now = asked["name"], time.time()
        arn = self.place.arn("report-group", name)
        with self._lock:
            if name in self._groups:
                raise ServiceError("ResourceAlreadyExistsException", f"Report group already exists: {arn}")
            made = {"arn": arn, "status": "ACTIVE", "tags": [], "created": now, "lastModified": now}
            self._groups[name] = made | copy.deepcopy(asked)
            return {"reportGroup": copy.deepcopy(self._groups[name])}

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdateReportGroup."""
        with self._lock:
            group = self._find(asked["arn"])
            changes: dict[str, Any] = {
                key: copy.deepcopy(asked[key]) for key in ("exportConfig", "tags") if key in asked
            }
            group.update(changes, lastModified=time.time())
            return {"reportGroup": copy.deepcopy(group)}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteReportGroup; one with reports only when they may go too."""
        arn = str(asked["arn"])
        with self._lock:
            reports = self._of_group(arn)
            if reports and not asked.get("deleteReports"):
                raise invalid(f"Cannot delete report group {arn}: it has {len(reports)} reports; set deleteReports.")
            for report in reports:
                self._forget(report)
            self._groups.pop(self.place.name("report-group", arn), None)
        return {}

    def batch_get(self, asked: Body, caller: Caller) -> Body:
        """BatchGetReportGroups."""
        arns = asked["reportGroupArns"]
        with self._lock:
            found = {group["arn"]: copy.deepcopy(group) for group in self._groups.values() if group["arn"] in arns}
        for arn in list(found)[1:]:
            caller.require("codebuild:BatchGetReportGroups", arn)
        return {
            "reportGroups": list(found.values()),
            "reportGroupsNotFound": [arn for arn in arns if arn not in found],
        }

    def list_groups(self, asked: Body, caller: Caller) -> Body:
        """ListReportGroups."""
        return {"reportGroups": [self.place.arn("report-group", name) for name in self.names()]}

    def list_reports(self, asked: Body, caller: Caller) -> Body:
        """ListReports and ListReportsForReportGroup, newest first."""
        status = (asked.get("filter") or {}).get("status")
        with self._lock:
            if asked.get("reportGroupArn"):
                self._find(asked["reportGroupArn"])
            arns = self._of_group(asked.get("reportGroupArn"))
            arns = [arn for arn in arns if status in (None, self._reports[arn]["status"])]
        return {"reports": arns if asked.get("sortOrder") == "ASCENDING" else arns[::-1]}

    def batch_get_reports(self, asked: Body, caller: Caller) -> Body:
        """BatchGetReports."""
        arns = asked["reportArns"]
        with self._lock:
            found = [copy.deepcopy(self._reports[arn]) for arn in arns if arn in self._reports]
            return {"reports": found, "reportsNotFound": [arn for arn in arns if arn not in self._reports]}

    def describe_test_cases(self, asked: Body, caller: Caller) -> Body:
        """DescribeTestCases, of one status or with a word in their name where asked."""
        wanted = asked.get("filter") or {}
        with self._lock:
            if asked["reportArn"] not in self._reports:
                raise missing(f"Report does not exist: {asked['reportArn']}")
            cases = copy.deepcopy(self._cases[asked["reportArn"]])
        cases = [case for case in cases if wanted.get("status") in (None, case["status"])]
        return {"testCases": [case for case in cases if wanted.get("keyword", "") in case["name"]]}

    def delete_report(self, asked: Body, caller: Caller) -> Body:
        """DeleteReport."""
        with self._lock:
            self._forget(asked["arn"])
        return {}

    def group_of(self, report_arn: str) -> str:
        """The ARN of a report's group; a report's own name begins with it."""
        name = self.place.name("report", report_arn).rpartition(":")[0]
        return self.place.arn("report-group", name)

    def add(self, group_arn: str, build_arn: str, cases: list[dict[str, Any]]) -> str:
        """A build's new report with its test cases; its ARN."""
        with self._lock:
            group, now = self._find(group_arn), time.time()
            arn = self.place.arn("report", f"{group['name']}:{uuid.uuid4()}")
            expiry = {"created": now, "expired": now + EXPIRE_AFTER_SECONDS}
            named = {"arn": arn, "type": group["type"], "name": group["name"], "reportGroupArn": group_arn}
            self._reports[arn] = named | expiry | {"executionId": build_arn, **_summary(cases)}
            self._reports[arn]["exportConfig"] = copy.deepcopy(group["exportConfig"])
            kept = sorted(cases, key=lambda case: case["status"] == "SUCCEEDED")[:MOST_CASES]
            self._cases[arn] = [{"reportArn": arn, "expired": expiry["expired"], **case} for case in kept]
            for old in self._of_group(group_arn)[:-NEWEST_KEPT]:
                self._forget(old)
        return arn

    def _of_group(self, group_arn: str | None) -> list[str]:
        return [arn for arn, report in self._reports.items() if group_arn in (None, report["reportGroupArn"])]

    def _forget(self, report_arn: str) -> None:
        self._reports.pop(report_arn, None)
        self._cases.pop(report_arn, None)

    def _find(self, arn: str) -> Body:
        name = self.place.name("report-group", arn)
        if name not in self._groups:
            raise missing(f"Report group does not exist: {arn}")
        return self._groups[name]


def _summary(cases: list[dict[str, Any]]) -> Body:
    counts = dict.fromkeys(("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN"), 0)
    for case in cases:
        counts[case["status"]] += 1
    passed = counts["FAILED"] + counts["ERROR"] == 0
    took = sum(case["durationInNanoSeconds"] for case in cases)
    summary = {"total": len(cases), "statusCounts": counts, "durationInNanoSeconds": took}
    return {"status": "SUCCEEDED" if passed else "FAILED", "truncated": len(cases) > MOST_CASES, "testSummary": summary}
