"""The tables that tie Terraform to AWS's own service models: every row leads somewhere."""

from __future__ import annotations

import pytest

from shipping.doctor.rules import actions, shapes
from shipping.doctor.rules.shape_table import FREE, LIMITS, MODELS, SETTINGS

WHERE = sorted(
    {where for rows in MODELS.values() for where in rows.values()} | {w for ways in SETTINGS.values() for w in ways}
)


@pytest.mark.parametrize("where", WHERE)
def test_a_row_leads_to_a_shape_whose_pattern_python_reads(where: str) -> None:
    """A newer botocore may name a member otherwise; the check would end in the middle of somebody's apply."""
    asked = shapes.shape(where)

    if written := asked.metadata.get("pattern"):
        shapes.pattern(written)


def test_a_row_that_leads_nowhere_is_refused() -> None:
    """A misspelt member must not pass for one without limits."""
    with pytest.raises(LookupError, match="has no member Nmae"):
        shapes.shape("mwaa.CreateEnvironment.Nmae")


def test_no_type_is_both_free_and_limited() -> None:
    """Its reason for being free would be wrong."""
    assert set(FREE) & {*MODELS, *LIMITS} == set()


def test_letters_of_any_language_are_read_as_plain_ones() -> None:
    """Python has no such classes; a name in plain letters must still pass."""
    assert shapes.pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+").fullmatch("a Z9_.")
    assert not shapes.pattern(r"[\p{L}]+").fullmatch("1")


@pytest.mark.parametrize("action", sorted(actions.NAMED_OTHERWISE))
def test_an_exception_is_still_one(action: str) -> None:
    """An action that botocore has come to know needs no exception any more."""
    prefix, _, name = action.partition(":")
    known = {
        operation for service in actions.SERVICES.get(prefix, (prefix,)) for operation in actions.operations(service)
    }

    assert bool(known) != (prefix in actions.WITHOUT_OPERATIONS)
    assert name not in known


@pytest.mark.parametrize(
    ("action", "is_known"),
    [("kms:GenerateDataKey*", True), ("sagemaker:InvokeEndpoint", True), ("airflow:PublishMetrics", True),
     ("sagemaker-mlflow:Create*", True), ("sagemaker-mlflow:DeleteRun", False),
     ("s3:GetObjects", False), ("sagemaker:Invoke", False), ("nothing:Get*", False)],
)  # fmt: skip
def test_actions_are_known_by_their_operations(action: str, is_known: bool) -> None:
    """IAM takes a misspelt action without a word."""
    assert actions.exists(action) is is_known
