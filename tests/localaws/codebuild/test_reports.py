"""Test reports: what pytest wrote can be read at the build, under the role's rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codebuild.conftest import Bench, message, phases
from tests.localaws.helpers import ACCOUNT, REGION, policy

from localaws.codebuild.place import Place
from localaws.codebuild.report_groups import MOST_CASES, ReportGroups

XML = """<testsuites><testsuite name="gate">
<testcase classname="t" name="passes" time="0.5"/>
<testcase classname="t" name="fails" time="0.25"><failure message="3 is not 4">long</failure></testcase>
<testcase classname="t" name="waits"><skipped message="later"/></testcase>
</testsuite></testsuites>"""
SPEC = f"""
phases:
  build:
    commands:
      - mkdir -p build/reports
      - |
        cat > build/reports/a.xml <<'XML'
        {XML.replace(chr(10), chr(10) + "        ")}
        XML
      - exit 1
reports: {{tests: {{files: ['*.xml'], base-directory: build/reports}}}}
"""
GROUP = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report-group/reporting-tests"


def test_a_failed_build_still_brings_its_report(bench: Bench) -> None:
    """The report is wanted most when a test failed; the group is made by the first build."""
    done = bench.run(bench.project("reporting"), SPEC)
    codebuild = bench.codebuild
    arn = codebuild.list_reports_for_report_group(reportGroupArn=GROUP)["reports"][0]
    report = codebuild.batch_get_reports(reportArns=[arn])["reports"][0]
    failed = codebuild.describe_test_cases(reportArn=arn, filter={"status": "FAILED"})["testCases"]

    assert done["buildStatus"] == "FAILED" and done["reportArns"] == [arn]
    assert arn in codebuild.list_reports()["reports"]
    assert (report["status"], report["executionId"]) == ("FAILED", done["arn"])
    assert report["testSummary"]["total"] == 3
    counts = report["testSummary"]["statusCounts"]
    assert {key: count for key, count in counts.items() if count} == {"SUCCEEDED": 1, "FAILED": 1, "SKIPPED": 1}
    assert [(case["name"], case["message"], case["durationInNanoSeconds"]) for case in failed] == [
        ("fails", "3 is not 4", 250_000_000)
    ]


def test_a_role_without_rights_on_reports_fails_the_upload(bench: Bench, make_role: Callable[..., str]) -> None:
    """A report that silently does not arrive is missed by nobody."""
    role = make_role("no-reports", policy(("logs:*", "*"), ("codebuild:CreateReportGroup", "*")),
                     "codebuild.amazonaws.com")  # fmt: skip
    project = bench.project("unreported", serviceRole=role)

    done = bench.run(project, SPEC.replace("- exit 1", "- 'true'"))

    assert done["buildStatus"] == "FAILED"
    assert "codebuild:CreateReport" in message(done, "UPLOAD_ARTIFACTS")


def test_a_report_that_is_no_xml_fails_the_upload(bench: Bench) -> None:
    """A test run that was killed leaves half a file, which is no report of anything."""
    spec = "phases: {build: {commands: ['echo \"<testsuite>\" > half.xml']}}\nreports: {tests: {files: [half.xml]}}"

    done = bench.run(bench.project("half"), spec)

    assert "half.xml is not JUnit's XML" in message(done, "UPLOAD_ARTIFACTS")


def test_a_report_group_is_kept_changed_and_deleted(bench: Bench) -> None:
    """Terraform reads back what it asked for."""
    codebuild, place = bench.codebuild, {"bucket": "builds", "packaging": "NONE", "encryptionDisabled": True}
    tags = [{"key": "Project", "value": "toys"}]
    made = codebuild.create_report_group(
        name="kept", type="TEST", exportConfig={"exportConfigType": "NO_EXPORT"}, tags=tags
    )["reportGroup"]

    export = {"exportConfigType": "S3", "s3Destination": place}
    codebuild.update_report_group(arn=made["arn"], exportConfig=export)
    found = codebuild.batch_get_report_groups(reportGroupArns=[made["arn"], made["arn"] + "-not"])

    assert found["reportGroups"][0]["exportConfig"] == export and found["reportGroups"][0]["tags"] == tags
    assert found["reportGroupsNotFound"] == [made["arn"] + "-not"]
    assert made["arn"] in codebuild.list_report_groups()["reportGroups"]
    codebuild.delete_report_group(arn=made["arn"])
    assert made["arn"] not in codebuild.list_report_groups()["reportGroups"]


def test_a_group_with_reports_is_not_deleted_by_accident(bench: Bench) -> None:
    if GROUP not in bench.codebuild.list_report_groups()["reportGroups"]:
        bench.run(bench.project("reporting"), SPEC)

    with pytest.raises(ClientError, match="set deleteReports"):
        bench.codebuild.delete_report_group(arn=GROUP)


@pytest.mark.parametrize("files", ["{files: ['*.xml'], base-directory: build/reports}", "{files: ['build/*.xml']}"])
def test_a_report_without_a_file_fails_the_build_as_on_codebuild(bench: Bench, files: str) -> None:
    """Green here and red on AWS is found out by the first push there."""
    project = bench.project(f"untested-{len(files)}")

    done = bench.run(project, f"phases: {{build: {{commands: ['true']}}}}\nreports: {{tests: {files}}}")

    assert done["buildStatus"] == "FAILED"
    assert message(done, "UPLOAD_ARTIFACTS").startswith(
        "CLIENT_ERROR: no matching report paths found for tests: no file"
    )
    assert ".xml in" in message(done, "UPLOAD_ARTIFACTS")


def test_of_a_failed_build_the_missing_report_is_not_told_first(bench: Bench) -> None:
    """Whoever looks must find the command that failed, and not what it therefore did not write."""
    done = bench.run(bench.project("unwritten"), SPEC.replace("- mkdir -p build/reports", "- exit 3"))

    assert [name for name, status in phases(done).items() if status == "FAILED"] == ["BUILD", "UPLOAD_ARTIFACTS"]
    assert "exit status 3" in message(done, "BUILD")


def test_a_build_whose_buildspec_names_no_report_sends_none(bench: Bench) -> None:
    done = bench.run(bench.project("reportless"), "phases: {build: {commands: ['true']}}")

    assert done["buildStatus"] == "SUCCEEDED" and done["reportArns"] == []


def test_a_long_report_keeps_what_did_not_pass() -> None:
    """AWS keeps five hundred test cases of a report."""
    groups = ReportGroups(Place(ACCOUNT, REGION))
    asked = {"name": "long", "type": "TEST", "exportConfig": {"exportConfigType": "NO_EXPORT"}}
    arn = groups.create(asked, None)["reportGroup"]["arn"]  # type: ignore[arg-type]  # nobody is asked
    cases = [{"name": str(n), "status": "SUCCEEDED", "durationInNanoSeconds": 1} for n in range(MOST_CASES)]

    report = groups.add(arn, "build", [*cases, {"name": "last", "status": "FAILED", "durationInNanoSeconds": 1}])

    assert groups._reports[report]["truncated"] and groups._reports[report]["status"] == "FAILED"
    assert len(groups._cases[report]) == MOST_CASES and groups._cases[report][0]["name"] == "last"
