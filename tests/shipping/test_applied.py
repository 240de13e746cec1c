"""Outputs straight from the state: what `terraform output` would tell, without its provider."""

import io
import json

import pytest
from botocore.exceptions import ClientError

from shipping import applied
from shipping.environments import Refused


class States:
    """A state bucket."""

    def __init__(self, **states):
        self.states = states

    def get_object(self, Bucket, Key):
        if Key not in self.states:
            raise ClientError({"Error": {"Code": "AccessDenied" if Key == "closed" else "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(json.dumps(self.states[Key]).encode())}


STATE = {"version": 4, "serial": 7, "outputs": {"asleep": {"value": False, "type": "bool"}, "buckets": {"value": {}}}}


def test_outputs_are_told_by_name():
    assert applied.in_state(States(dev=STATE), "bucket", "dev") == {"asleep": False, "buckets": {}}


def test_an_environment_without_a_state_has_none():
    assert applied.in_state(States(), "bucket", "dev") == {}


def test_a_state_that_may_not_be_read_is_not_taken_for_an_empty_one():
    """A sync would end in `nothing is applied there`, and send people to apply."""
    with pytest.raises(ClientError, match=r"AccessDenied"):
        applied.in_state(States(), "bucket", "closed")


def test_a_state_of_another_form_is_refused():
    """Outputs that are not where they were would look like an environment without any."""
    with pytest.raises(Refused, match=r"is of version 5"):
        applied.in_state(States(dev={**STATE, "version": 5}), "bucket", "dev")
