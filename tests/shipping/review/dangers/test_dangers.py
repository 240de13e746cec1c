"""Every kind of danger, each shown a plan that has it and one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.shipping.review.plans import allow, change, dangers_of, deny, plan, policy, review_of, told

BUCKET = {"bucket": "lake", "id": "lake", "force_destroy": False}
BLOCKS = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
TLS_ONLY = deny("s3:*", ["b", "b/*"], Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
LETS_ROLE = allow("s3:GetObject", "b/*", Principal={"AWS": "111111111111"})
ROLE = {"name": "train", "permissions_boundary": "arn:b", "assume_role_policy": policy()}
KMS = {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": "k"}]}]}
AES = {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256", "kms_master_key_id": ""}]}]}


def role_policy(before: str | None, after: str | None, unknown: Any = None) -> dict[str, Any]:
    sides = [None if text is None else {"role": "train", "policy": text} for text in (before, after)]
    return change("module.r.aws_iam_role_policy.grants", *sides, unknown)


def test_a_destroyed_bucket_stands_first_with_what_is_lost() -> None:
    """Years of bars went because a line in the middle said `will be destroyed`."""
    found = dangers_of(
        change("aws_sns_topic_subscription.s", {"id": "s"}),
        change("module.lake.aws_s3_bucket.this", BUCKET),
        role_policy(policy(), policy(allow("*"))),
    )

    assert [one.address for one in found] == [
        "module.lake.aws_s3_bucket.this", "aws_sns_topic_subscription.s", "module.r.aws_iam_role_policy.grants",
    ]  # fmt: skip
    assert (found[0].kind, found[0].meaning, found[0].is_grave) == ("destroyed", "its objects go with it", True)


def test_a_replaced_key_tells_what_forces_it() -> None:
    """A key in place of the key reads nothing that the old one encrypted."""
    (found,) = dangers_of(
        change("aws_kms_key.this", {"key_usage": "A"}, {"key_usage": "B"}, actions=["delete", "create"],
               replace_paths=[["key_usage"]])
    )  # fmt: skip

    assert found.what == "is replaced, forced by key_usage"
    assert "can never be read again" in found.meaning


def test_a_tainted_resource_tells_its_reason() -> None:
    """Nothing in the code says why it goes."""
    tainted = change("aws_vpc.a", {"a": 1}, {"a": 1}, actions=["delete", "create"],
                     action_reason="replace_because_tainted")  # fmt: skip

    assert told(tainted) == ["replacement: is replaced, forced by it is marked as tainted"]


def test_a_role_that_may_do_everything_is_seen() -> None:
    """One star is enough."""
    (found,) = dangers_of(role_policy(policy(allow("s3:GetObject", "b/*")), policy(allow("*"))))

    assert found.what == "newly allows * on *"
    assert found.meaning == "that is far more than one job needs"


def test_a_dropped_condition_is_seen_by_its_key_and_never_by_its_value() -> None:
    """Without it everybody may pass the role to every service; its value may be a secret."""
    limited = allow("iam:PassRole", "r", Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}})

    assert told(role_policy(policy(limited), policy(allow("iam:PassRole", "r")))) == [
        "IAM widening: newly allows iam:PassRole on r"
    ]
    assert told(role_policy(policy(allow("iam:PassRole", "r")), policy(limited))) == []


def test_a_wider_trust_is_seen() -> None:
    """Who may take a role may do all that it may."""
    ours = allow("sts:AssumeRole", Principal={"Service": "glue.amazonaws.com"})
    del ours["Resource"]
    theirs = {**ours, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}
    before, after = ({**ROLE, "assume_role_policy": policy(*both)} for both in ([ours], [ours, theirs]))

    assert told(change("aws_iam_role.r", before, after)) == [
        "IAM widening: newly allows sts:AssumeRole to arn:aws:iam::999999999999:root without a condition"
    ]


@pytest.mark.parametrize(
    ("after", "unknown", "expected"),
    [
        (None, {}, "loses its permissions boundary"),
        ("arn:other", {}, "gets another permissions boundary"),
        (None, {"permissions_boundary": True}, "gets another permissions boundary"),
    ],
)
def test_a_boundary_that_goes_or_changes_is_seen(after: str | None, unknown: dict[str, bool], expected: str) -> None:
    """The boundary is what keeps a too generous policy harmless."""
    side = {key: value for key, value in ROLE.items() if key not in unknown}
    found = change("aws_iam_role.r", ROLE, {**side, **({} if unknown else {"permissions_boundary": after})}, unknown)

    assert told(found) == [f"IAM widening: {expected}"]


def test_a_new_role_without_the_boundary_of_its_neighbours_is_seen() -> None:
    """It is the way around all the others' limits."""
    neighbour = change("aws_iam_role.old", ROLE, ROLE)
    bare = {**ROLE, "name": "new", "permissions_boundary": None}

    assert told(neighbour, change("aws_iam_role.new", None, bare)) == [
        "IAM widening: is made without a permissions boundary"
    ]
    assert told(neighbour, change("aws_iam_role.new", None, ROLE)) == []


def test_a_policy_that_is_known_only_after_the_apply_is_told() -> None:
    """Silence would mean that somebody looked."""
    found = role_policy(policy(), None, None)
    found["change"].update(after={"role": "train"}, after_unknown={"policy": True}, actions=["update"])

    assert told(found) == ["IAM widening: policy changes and is known only after the apply"]


def test_a_new_role_with_its_own_narrow_policy_is_no_danger() -> None:
    """A first plan would show forty of them and hide the one that is."""
    role = change("module.r.aws_iam_role.this", None, ROLE)

    assert told(role, role_policy(None, policy(allow("s3:GetObject", "b/*")))) == []
    assert told(role, role_policy(None, policy(allow("iam:*")))) == ["IAM widening: newly allows iam:* on *"]


def test_a_policy_more_for_a_role_that_stands_is_seen() -> None:
    """Rights can be added without touching any policy that is there."""
    role = change("module.r.aws_iam_role.this", ROLE, ROLE)

    assert told(role, role_policy(None, policy(allow("s3:GetObject", "b/*")))) == [
        "IAM widening: newly allows s3:GetObject on b/*"
    ]


def test_awss_own_policy_attached_is_seen() -> None:
    """AdministratorAccess is one line."""
    attached = {"role": "train", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}

    assert told(change("aws_iam_role_policy_attachment.a", None, attached)) == [
        "IAM widening: attaches AWS's own AdministratorAccess"
    ]


@pytest.mark.parametrize(
    ("address", "before", "after", "expected"),
    [
        ("aws_vpc_security_group_ingress_rule.a", None, {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp",
         "from_port": 443, "to_port": 443}, "lets 0.0.0.0/0 on tcp 443 in"),
        ("aws_security_group.a", {"ingress": []}, {"ingress": [{"ipv6_cidr_blocks": ["::/0"], "protocol": "-1"}]},
         "lets ::/0 on every port in"),
        ("aws_security_group_rule.a", None, {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"], "protocol": "tcp",
         "from_port": 0, "to_port": 99}, "lets 0.0.0.0/0 on tcp 0-99 in"),
        ("aws_s3_bucket_public_access_block.a", BLOCKS, {**BLOCKS, "block_public_policy": False},
         "block_public_policy is off"),
        ("aws_mwaa_environment.a", {"webserver_access_mode": "PRIVATE_ONLY"}, {"webserver_access_mode": "PUBLIC_ONLY"},
         "webserver_access_mode is PUBLIC_ONLY"),
        ("aws_lambda_function_url.a", None, {"authorization_type": "NONE"}, "authorization_type is NONE"),
        ("aws_lambda_permission.a", None, {"principal": "*"}, "principal is *"),
        ("aws_s3_bucket_acl.a", {"acl": "private"}, {"acl": "public-read"}, "acl is public-read"),
        ("aws_db_instance.a", {"publicly_accessible": False}, {"publicly_accessible": True},
         "publicly_accessible is true"),
        ("aws_subnet.a", {"map_public_ip_on_launch": False}, {"map_public_ip_on_launch": True},
         "map_public_ip_on_launch is true"),
    ],
)  # fmt: skip
def test_what_opens_to_the_internet_is_seen(address: str, before: Any, after: Any, expected: str) -> None:
    """Robots find an open door within minutes."""
    assert f"public exposure: {expected}" in told(change(address, before, after))


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("aws_vpc_security_group_ingress_rule.a", None, {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "-1"}),
        ("aws_vpc_security_group_egress_rule.a", None, {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}),
        ("aws_security_group_rule.a", None, {"type": "egress", "cidr_blocks": ["0.0.0.0/0"], "protocol": "-1"}),
        ("aws_mwaa_environment.a", {"webserver_access_mode": "PUBLIC_ONLY", "max_workers": 1},
         {"webserver_access_mode": "PUBLIC_ONLY", "max_workers": 2}),
        ("aws_s3_bucket_public_access_block.a", {"block_public_policy": False}, BLOCKS),
        ("aws_lambda_function_url.a", None, {"authorization_type": "AWS_IAM"}),
    ],
)  # fmt: skip
def test_what_stays_shut_or_was_open_before_is_not_told(address: str, before: Any, after: Any) -> None:
    """A danger that every plan repeats is not read any more."""
    assert told(change(address, before, after)) == []


def test_a_public_access_block_that_goes_alone_is_seen() -> None:
    """With its bucket it may go; without, it leaves the bucket open."""
    block = change("aws_s3_bucket_public_access_block.a", {**BLOCKS, "bucket": "lake"})

    assert "public exposure: is taken away" in told(block, change("aws_s3_bucket.a", BUCKET, BUCKET))
    assert "public exposure: is taken away" not in told(block, change("aws_s3_bucket.a", BUCKET))


def test_a_bucket_policy_for_everybody_is_seen_twice() -> None:
    """As a right that nobody had, and as a door to the internet; one with our account in its condition is neither."""
    everybody = allow("s3:GetObject", "b/*", Principal="*")
    ours = {**everybody, "Condition": {"StringEquals": {"aws:PrincipalAccount": "111111111111"}}}

    def to(statement: dict[str, Any]) -> list[str]:
        return told(change("aws_s3_bucket_policy.a", {"policy": policy(LETS_ROLE)}, {"policy": policy(statement)}))

    assert "public exposure: policy allows everybody s3:GetObject" in to(everybody)
    assert "IAM widening: newly allows s3:GetObject on b/* to * without a condition" in to(everybody)
    assert [one for one in to(ours) if one.startswith("public")] == []


@pytest.mark.parametrize(
    ("address", "before", "after", "expected"),
    [
        ("aws_s3_bucket_server_side_encryption_configuration.a", KMS, AES, "was aws:kms and is AES256"),
        ("aws_s3_bucket_server_side_encryption_configuration.a", KMS, {"rule": []}, "names no key any more"),
        ("aws_s3_bucket_server_side_encryption_configuration.a", KMS, None, "is taken away"),
        ("aws_cloudwatch_log_group.a", {"kms_key_id": "k"}, {"kms_key_id": None}, "kms_key_id names no key any more"),
        ("aws_cloudwatch_log_group.a", {"kms_key_id": "k"}, {"kms_key_id": "l"}, "kms_key_id names another key"),
        ("aws_lambda_function.a", {"kms_key_arn": "k"}, {"memory_size": 1}, "kms_key_arn names no key any more"),
        ("aws_mwaa_environment.a", {"kms_key": "k"}, {"kms_key": ""}, "kms_key names no key any more"),
        ("aws_kms_key.a", {"enable_key_rotation": True}, {"enable_key_rotation": False},
         "enable_key_rotation is switched off"),
        ("aws_ecr_repository.a", {"encryption_configuration": [{"encryption_type": "KMS"}]},
         {"encryption_configuration": [{"encryption_type": "AES256"}]}, "was KMS and is AES256"),
        ("aws_ssm_parameter.a", {"type": "SecureString"}, {"type": "String"}, "kept in the clear"),
        ("aws_s3_bucket_policy.a", {"policy": policy(TLS_ONLY, LETS_ROLE)}, {"policy": policy(LETS_ROLE)},
         "no longer refuses requests without TLS"),
        ("aws_s3_bucket_policy.a", {"policy": policy(TLS_ONLY), "bucket": "lake"}, None,
         "no longer refuses requests without TLS"),
    ],
)  # fmt: skip
def test_what_is_encrypted_less_is_seen(address: str, before: Any, after: Any, expected: str) -> None:
    """What is written in the clear once stays so in every copy."""
    found = told(change(address, before, after))

    assert [one for one in found if one.startswith("encryption weakened") and expected in one], found


def test_tls_is_not_missed_where_the_bucket_goes_too() -> None:
    """Nobody asks a bucket that is gone; its end is told first of all."""
    sides = {"bucket": "lake", "policy": policy(TLS_ONLY)}
    found = told(
        change("aws_s3_bucket_policy.a", sides), change("aws_s3_bucket.a", {**BUCKET, "policy": policy(TLS_ONLY)})
    )

    assert found == ["destroyed: is destroyed", "destroyed: is destroyed"]


def test_a_deny_that_goes_with_its_policy_is_seen() -> None:
    """Nobody may delete, said the policy that is taken away."""
    found = told(change("aws_s3_bucket_policy.a", {"policy": policy(deny("s3:Delete*", Principal="*"))}))

    assert "IAM widening: takes its Deny statements along" in found


def test_stronger_encryption_is_no_danger() -> None:
    """Whoever mends something must not have to explain it."""
    assert told(change("aws_s3_bucket_server_side_encryption_configuration.a", AES, KMS)) == []
    assert told(change("aws_cloudwatch_log_group.a", {"kms_key_id": ""}, {"kms_key_id": "k"})) == []


@pytest.mark.parametrize(
    ("address", "before", "after", "expected"),
    [
        ("aws_s3_bucket.a", BUCKET, {**BUCKET, "force_destroy": True}, "force_destroy was false and is true"),
        ("aws_ecr_repository.a", {"force_delete": False}, {"force_delete": True}, "force_delete was false and is true"),
        ("aws_s3_bucket_versioning.a", {"versioning_configuration": [{"status": "Enabled"}]},
         {"versioning_configuration": [{"status": "Suspended"}]},
         "versioning_configuration.status was Enabled and is Suspended"),
        ("aws_cloudwatch_log_group.a", {"retention_in_days": 30}, {"retention_in_days": 7},
         "retention_in_days goes from 30 to 7"),
        ("aws_cloudwatch_log_group.a", {"retention_in_days": 0}, {"retention_in_days": 365},
         "retention_in_days goes from forever to 365"),
        ("aws_kms_key.a", {"deletion_window_in_days": 30}, {"deletion_window_in_days": 7},
         "deletion_window_in_days goes from 30 to 7"),
        ("aws_cloudwatch_metric_alarm.a", {"actions_enabled": True}, {"actions_enabled": False},
         "actions_enabled was true and is false"),
        ("aws_cloudwatch_metric_alarm.a", {"alarm_actions": ["t"]}, {"alarm_actions": []},
         "alarm_actions was 1 of them and is none"),
        ("aws_s3_bucket_lifecycle_configuration.a",
         {"rule": [{"id": "logs", "status": "Enabled", "expiration": [{"days": 365}]}]},
         {"rule": [{"id": "logs", "status": "Enabled", "expiration": [{"days": 30}]}]},
         "logs.expiration goes from 365 to 30 days"),
        ("aws_s3_bucket_lifecycle_configuration.a", {"rule": []},
         {"rule": [{"id": "all", "status": "Enabled", "noncurrent_version_expiration": [{"noncurrent_days": 1}]}]},
         "all.noncurrent_version_expiration is new: objects go after 1 days"),
    ],
)  # fmt: skip
def test_what_puts_data_at_risk_is_seen(address: str, before: Any, after: Any, expected: str) -> None:
    """Nothing breaks on the day of the apply; the loss comes later."""
    assert told(change(address, before, after)) == [f"data at risk: {expected}"]


def test_longer_retention_is_no_danger() -> None:
    """0 is for ever, which is more than any number."""
    assert told(change("aws_cloudwatch_log_group.a", {"retention_in_days": 7}, {"retention_in_days": 0})) == []


KNOWN = {
    "aws_cloudwatch_log_group": {"kms_key_id": "k", "retention_in_days": 7},
    "aws_cloudwatch_metric_alarm": {"actions_enabled": True, "alarm_actions": ["a"],
                                    "metric_query": [{"metric": [{}]}]},
    "aws_iam_role": ROLE,
    "aws_iam_role_policy": {"role": "r", "policy": policy(allow("s3:*"))},
    "aws_iam_role_policy_attachment": {"policy_arn": "p"},
    "aws_kms_key": {"enable_key_rotation": True, "deletion_window_in_days": 7, "policy": policy()},
    "aws_lambda_permission": {"principal": "p", "source_arn": "a"},
    "aws_mwaa_environment": {"environment_class": "mw1.small", "min_workers": 1,
                             "webserver_access_mode": "PRIVATE_ONLY", "kms_key": "k", "schedulers": 2},
    "aws_s3_bucket": {**BUCKET, "policy": policy(), "acl": "private"},
    "aws_s3_bucket_lifecycle_configuration": {"rule": [{"id": "a", "status": "Enabled", "expiration": [{"days": 1}]}]},
    "aws_s3_bucket_policy": {"bucket": "lake", "policy": policy(TLS_ONLY)},
    "aws_s3_bucket_public_access_block": {**BLOCKS, "bucket": "lake"},
    "aws_s3_bucket_server_side_encryption_configuration": KMS,
    "aws_s3_bucket_versioning": {"versioning_configuration": [{"status": "Enabled"}]},
    "aws_security_group": {"ingress": [{"cidr_blocks": ["10.0.0.0/8"], "protocol": "tcp"}]},
    "aws_sns_topic": {"policy": policy(), "kms_master_key_id": "k"},
    "aws_vpc_endpoint": {"vpc_endpoint_type": "Interface", "subnet_ids": ["a"], "policy": policy()},
    "aws_vpc_security_group_ingress_rule": {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 1},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "attribute"), [(kind, name) for kind, side in KNOWN.items() for name in side])
def test_any_value_may_be_unknown(kind: str, attribute: str) -> None:
    """A review that fails on a first plan is switched off before the second."""
    after = {name: value for name, value in KNOWN[kind].items() if name != attribute}
    shown = plan(
        change(f"{kind}.changed", KNOWN[kind], after, {attribute: True}),
        change(f"{kind}.new", None, after, {attribute: True}),
    )

    review = review_of(shown)

    assert "1 to add, 1 to change, 0 to destroy" in review.summary
