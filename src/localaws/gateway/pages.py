"""What the gateway serves under /_localaws/: what it tells about itself, and what AWS leaves to its console."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from localaws.gateway.messages import Answer, ServiceError

PREFIX = "/_localaws/"
JSON = {"content-type": "application/json"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Page:
    """One page: `path` such as `connections/{arn}/available`, whose placeholders `answer` gets beside the body."""

    method: str
    path: str
    answer: Callable[[Mapping[str, str], bytes], Answer]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a request's path must look like."""
        return re.compile(PREFIX + PLACEHOLDER.sub(r"(?P<\1>.+)", self.path))


def telling(path: str, tell: Callable[[], object]) -> Page:
    """A page to be read, as JSON."""
    return Page("GET", path, lambda _, __: Answer(tell(), headers=JSON))


class Pages:
    """All of them; what fits none is told which there are."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = [(page, page.pattern) for page in pages]

    def __call__(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> Answer:
        """Answer one request. What changes something must come as JSON: no form of a web page can send that."""
        for page, pattern in self._pages:
            found = pattern.fullmatch(unquote(path))
            if found and page.method == method:
                if method != "GET" and content_type.partition(";")[0].strip().lower() != JSON["content-type"]:
                    return _not_json(content_type).answer()
                try:
                    return page.answer(found.groupdict(), body)
                except ServiceError as error:
                    return error.answer()
        known = ", ".join(f"{page.method} {PREFIX}{page.path}" for page, _ in self._pages)
        return ServiceError("NotFound", f"There is no {method} {path}; there is {known}.", 404).answer()


def _not_json(content_type: str) -> ServiceError:
    message = f"The content-type is {content_type!r}; send application/json, which no other site's page can send here."
    return ServiceError("UnsupportedMediaType", message, 415)
