"""The three actions by which most services let tags be read, added and taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.checked import request_tags
from localaws.gateway.tag_store import TagStore


def tag_actions(
    tags: TagStore, known: Callable[[Body], str], field: str, keys: str, told: Callable[[dict[str, str]], Any] = dict
) -> Actions:
    """ListTagsForResource, TagResource and UntagResource.

    `known` gives the ARN that a request names, or AWS's error for one that is not there; `field` and `keys` are the
    service's words for tags and for keys to take away; `told` writes tags as it does.
    """

    def list_tags(asked: Body, caller: Caller) -> Body:
        return {field: told(tags.of(known(asked)))}

    def tag(asked: Body, caller: Caller) -> Body:
        tags.add(known(asked), request_tags(asked))
        return {}

    def untag(asked: Body, caller: Caller) -> Body:
        tags.take(known(asked), asked[keys])
        return {}

    return {"ListTagsForResource": list_tags, "TagResource": tag, "UntagResource": untag}
