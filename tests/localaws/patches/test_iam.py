"""IAM adds nothing of its own."""

from __future__ import annotations

from typing import Any


def test_a_service_linked_role_has_no_invented_description(iam: Any) -> None:
    """It showed as a change on every plan."""
    role = iam.create_service_linked_role(AWSServiceName="airflow.amazonaws.com")["Role"]["RoleName"]

    assert not iam.get_role(RoleName=role)["Role"].get("Description")
