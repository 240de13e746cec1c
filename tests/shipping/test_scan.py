"""The Terraform scan finds what is bad and passes nothing unexcused. checkov is real; it reads a small tree once."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from shipping.scan import __main__ as scan
from shipping.scan import checkov, skips, targets
from shipping.scan.checkov import Finding, ScanFailed
from shipping.scan.targets import Target

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("shipping scan")]

TODAY = "2026-03-04T12:00:00+00:00"
BAD = """
resource "aws_s3_bucket" "open" {
  bucket = "open"
}

resource "aws_s3_bucket_acl" "open" {
  bucket = aws_s3_bucket.open.id
  acl    = "public-read-write"
}

resource "aws_s3_bucket_public_access_block" "open" {
  bucket            = aws_s3_bucket.open.id
  block_public_acls = false
}

resource "aws_sns_topic" "plain" {
  name = "plain"
}

resource "aws_sqs_queue" "plain" {
  name = "plain"
}

resource "aws_cloudwatch_log_group" "plain" {
  name = "plain"
}

resource "aws_iam_role_policy" "everything" {
  name   = "everything"
  role   = "somebody"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
"""
CLOSED = """
variable "kms_key_arn" {
  type = string
}

resource "aws_s3_bucket" "this" {
  for_each = toset(["bronze", "silver"])
  bucket   = each.key
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = aws_s3_bucket.this
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_sns_topic" "this" {
  name              = "sealed"
  kms_master_key_id = var.kms_key_arn
}
"""
STACK = """
variable "admitted" {
  type = list(string)
}

module "closed" {
  source      = "../../modules/closed"
  kms_key_arn = "arn:aws:kms:us-east-1:111111111111:key/1"
}

resource "aws_security_group" "door" {
  name        = "door"
  description = "Who may knock."
  ingress {
    description = "ssh"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = var.admitted
  }
}
"""
Found = dict[Finding, list[str]]


def tree(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(
        tmp_path_factory.mktemp("house"),
        {
            "modules/bad/main.tf": BAD,
            "modules/closed/main.tf": CLOSED,
            "terraform/stack/main.tf": STACK,
            "envs/dev/stack.tfvars": 'admitted = ["10.0.0.0/16"]\n',
            "envs/prod/stack.tfvars": 'admitted = ["0.0.0.0/0"]\n',
        },
    )


@pytest.fixture(scope="session")
def callers() -> list[str]:
    """Whoever tried to reach the internet while checkov ran."""
    return []


@pytest.fixture(scope="session")
def found(house: Path, callers: list[str]) -> Iterator[Found]:
    """What checkov finds in the house, under a shell that would like it to find less."""

    class Proxy(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            callers.append(self.request.recv(200).decode(errors="replace"))

    with socketserver.TCPServer(("127.0.0.1", 0), Proxy) as proxy, pytest.MonkeyPatch.context() as patch:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        patch.setattr(checkov, "NOWHERE", f"http://127.0.0.1:{proxy.server_address[1]}")
        patch.setenv("CKV_SKIP_CHECK", "CKV_AWS_26")
        patch.setenv("TF_VAR_admitted", '["10.0.0.0/16"]')
        yield checkov.findings(house, targets.targets(house))
        proxy.shutdown()


def names(found: Found) -> set[tuple[str, str, str]]:
    return {(finding.check, finding.folder, finding.resource) for finding in found}


@pytest.mark.parametrize(
    ("check", "resource"),
    [
        ("CKV_AWS_57", "aws_s3_bucket.open"),  # everybody may write
        ("CKV_AWS_53", "aws_s3_bucket_public_access_block.open"),
        ("CKV_AWS_145", "aws_s3_bucket.open"),
        ("CKV_AWS_26", "aws_sns_topic.plain"),  # unencrypted; the shell asked to overlook it
        ("CKV_AWS_27", "aws_sqs_queue.plain"),
        ("CKV_AWS_158", "aws_cloudwatch_log_group.plain"),
        ("CKV_AWS_62", "aws_iam_role_policy.everything"),
        ("CKV_AWS_355", "aws_iam_role_policy.everything"),
    ],
)
def test_what_is_bad_is_found(found: Found, check: str, resource: str) -> None:
    """The gate itself: a scan that overlooks an open bucket is the reason why nobody else looks."""
    assert (check, "modules/bad", resource) in names(found)


def test_a_door_that_one_environment_s_value_opens_is_found(found: Found) -> None:
    """The module is right and dev is right; only production lets everybody in."""
    scans = {finding.resource: where for finding, where in found.items() if finding.check == "CKV_AWS_24"}

    assert scans == {"aws_security_group.door": ["terraform/stack of prod"]}


def test_buckets_that_are_closed_one_by_one_are_not_called_open(found: Found) -> None:
    """checkov cannot follow `for_each` over buckets; a false alarm would end as a skip that hides a true one."""
    assert not {("CKV_AWS_53", "modules/closed", "aws_s3_bucket.this")} & names(found)
    assert not {("CKV2_AWS_6", "modules/closed", "aws_s3_bucket.this")} & names(found)
    assert not {one for one in names(found) if one[2] == "aws_sns_topic.this"}


def test_a_finding_says_where_and_what_the_rule_wants(found: Found) -> None:
    """Without file, line and rule, the one whose build is red has to run the scanner by hand."""
    (topic,) = (finding for finding in found if finding.check == "CKV_AWS_26")
    (bucket,) = (f for f in found if f.check == "CKV2_AWS_6" and f.resource == "aws_s3_bucket.open")

    assert topic.place == "modules/bad/main.tf:16"
    assert topic.rule == "Ensure all data stored in the SNS topic is encrypted"
    assert topic.link.endswith("/checkov/terraform/checks/resource/aws/SNSTopicEncryption.py")
    assert "/checkov/terraform/checks/graph_checks/aws/" in bucket.link
    assert bucket.link.endswith((".yaml", ".json"))


def test_one_resource_in_several_scans_is_one_finding(found: Found) -> None:
    """A module that three scans pass through would otherwise need three skips, and three would go stale."""
    (scans,) = (where for f, where in found.items() if (f.check, f.resource) == ("CKV_AWS_144", "aws_s3_bucket.this"))

    assert scans == [
        "modules",
        "terraform/stack of dev",
        "terraform/stack of prod",
    ]


def test_nobody_is_called_while_scanning(found: Found, callers: list[str]) -> None:
    """The check has to run on a train, and what we build is nobody's business."""
    assert found
    assert callers == []


def test_a_file_that_checkov_cannot_read_is_no_clean_bill(tmp_path: Path) -> None:
    """checkov ends with 0 over it: everything in the file would pass."""
    root = tree(tmp_path, {"modules/odd/main.tf": 'resource "aws_sns_topic" "plain" {\n  name = = 1\n}\n'})

    with pytest.raises(ScanFailed, match=r"checkov cannot read .*modules/odd/main.tf"):
        checkov.findings(root, targets.targets(root))


def test_a_scan_that_saw_less_than_is_there_is_refused(house: Path) -> None:
    """A parser that drops a block silently takes its faults along."""
    report = {
        "results": {"failed_checks": [], "parsing_errors": [], "skipped_checks": []},
        "summary": {"resource_count": 9},
    }

    with pytest.raises(ScanFailed, match="checkov saw 9 of the 10 resources in modules"):
        checkov._hold_to_its_word(report, house, Target(house / "modules"))


def test_a_folder_without_terraform_is_refused(house: Path) -> None:
    """A mistyped path is scanned in no time and found to be perfect."""
    nothing = {"passed": 0, "failed": 0, "resource_count": 0}

    with pytest.raises(ScanFailed, match="no Terraform in modules"):
        checkov._hold_to_its_word(nothing, house, Target(house / "modules"))


@pytest.mark.parametrize(
    "line", ["#checkov:skip=CKV_AWS_26: later", "# checkov: skip=CKV_AWS_26", "# bridgecrew:skip=CKV_AWS_26:x"]
)
def test_a_skip_in_a_comment_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str) -> None:
    """It needs no reason and never ends."""
    root = tree(tmp_path, {"modules/odd/main.tf": f'resource "aws_sns_topic" "plain" {{\n  {line}\n}}\n'})

    assert scan.main(root) == 1
    assert f"modules/odd/main.tf:2 has {line!r}; skips stand in the ledger alone" in capsys.readouterr().err


def test_a_configuration_of_checkov_s_own_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`skip-check:` in there silences a rule everywhere."""
    root = tree(tmp_path, {"modules/odd/main.tf": "", "modules/odd/.checkov.yaml": "skip-check: [CKV_AWS_26]\n"})

    assert scan.main(root) == 1
    assert "modules/odd/.checkov.yaml would change what checkov checks" in capsys.readouterr().err


def ledger(*entries: dict[str, str]) -> str:
    return "".join("[[skip]]\n" + "".join(f"{key} = {value}\n" for key, value in entry.items()) for entry in entries)


def entry(finding: Finding) -> dict[str, str]:
    return {
        "check": f'"{finding.check}"',
        "folder": f'"{finding.folder}"',
        "resource": f'"{finding.resource}"',
        "reason": '"A tree that is bad on purpose needs none of it."',
        "expires": "2026-09-01",
    }


@pytest.fixture
def judged(house: Path, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The house with room for a ledger of its own; checkov's findings are those of the one real scan."""
    (tmp_path / "terraform").mkdir()
    monkeypatch.setattr(checkov, "findings", lambda root, wanted: found)
    return tmp_path


@time_machine.travel(TODAY)
def test_findings_that_are_all_excused_pass(judged: Path, found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """Some rules do not serve a resource; the ledger has to be a way out, or people turn the gate off."""
    (judged / skips.LEDGER).write_text(ledger(*map(entry, found)))

    assert scan.main(judged) == 0
    assert f"{len(found)} skips" in capsys.readouterr().out


@time_machine.travel(TODAY)
def test_a_finding_that_is_not_excused_fails(judged: Path, found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """One new open bucket among fifty excused findings must turn the build red."""
    rest = [entry(finding) for finding in found if finding.check != "CKV_AWS_26"]
    (judged / skips.LEDGER).write_text(ledger(*rest))

    assert scan.main(judged) == 1
    told = capsys.readouterr().err
    assert "modules/bad/main.tf:16: CKV_AWS_26 aws_sns_topic.plain\n" in told
    assert "has 1 complaints" in told


@time_machine.travel(TODAY)
def test_a_skip_of_another_resource_excuses_nothing(
    judged: Path, found: Found, capsys: pytest.CaptureFixture[str]
) -> None:
    """A skip bound to a rule alone would excuse all that break it."""
    entries = [entry(finding) for finding in found]
    for one in entries:
        if one["check"] == '"CKV_AWS_26"':
            one["resource"] = '"aws_sns_topic.other"'
    (judged / skips.LEDGER).write_text(ledger(*entries))

    assert scan.main(judged) == 1
    told = capsys.readouterr().err
    assert "CKV_AWS_26 aws_sns_topic.plain" in told
    assert "the skip CKV_AWS_26 of aws_sns_topic.other in modules/bad matches nothing that fails" in told


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"expires": "2026-03-03"}, "it expired on 2026-03-03. Mend the resource"),
        ({"expires": "2027-03-06"}, "it expires on 2027-03-06; a year ahead is the most, 2027-03-05"),
        ({"expires": '"2026-09-01"'}, "expires is '2026-09-01'; write a day without quotes, such as 2026-08-31"),
        ({"expires": "2026-09-01T00:00:00Z"}, "write a day without quotes"),
        ({"reason": '"  "'}, "reason is '  '; say in a sentence"),
        ({"reason": '"not needed"'}, "reason is 'not needed'; say in a sentence"),
        ({"reason": None}, "it has check, expires, folder, resource; it needs exactly check, expires, folder, reason"),
        ({"owner": '"me"'}, "it needs exactly check, expires, folder, reason, resource"),
        ({"resource": '"aws_sns_topic.*"'}, "resource is 'aws_sns_topic.*'; name exactly one block"),
        ({"check": '"CKV_AWS_*"'}, "check is 'CKV_AWS_*'; name one rule"),
    ],
)
@time_machine.travel(TODAY)
def test_a_skip_that_is_no_promise_is_refused(
    judged: Path, found: Found, capsys: pytest.CaptureFixture[str], change: dict[str, str | None], complaint: str
) -> None:
    """Skips without reason or end pile up until the gate lets everything pass."""
    wrong = {key: value for key, value in {**entry(min(found)), **change}.items() if value is not None}
    (judged / skips.LEDGER).write_text(ledger(wrong))

    assert scan.main(judged) == 1
    assert complaint in capsys.readouterr().err


@time_machine.travel(TODAY)
def test_a_skip_is_good_on_its_last_day(judged: Path, found: Found) -> None:
    """`expires` is the last day that holds, in every time zone the same."""
    entries = [{**entry(finding), "expires": "2026-03-04"} for finding in found]
    (judged / skips.LEDGER).write_text(ledger(*entries))

    assert scan.main(judged) == 0


@time_machine.travel(TODAY)
def test_a_skip_that_stands_twice_is_refused(judged: Path, found: Found, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever takes one out believes the rule holds again."""
    (judged / skips.LEDGER).write_text(ledger(*map(entry, found), entry(min(found))))

    assert scan.main(judged) == 1
    assert "it stands twice. Take one out." in capsys.readouterr().err


@time_machine.travel(TODAY)
def test_a_ledger_that_is_no_toml_is_refused(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unreadable ledger read as empty would blame the resources instead."""
    (judged / skips.LEDGER).write_text("[[skip]\n")

    assert scan.main(judged) == 1
    assert "scan_skips.toml is no TOML" in capsys.readouterr().err
