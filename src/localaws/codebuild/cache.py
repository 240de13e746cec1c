"""CodeBuild's local custom cache: folders of a project that the next build finds again, linked into its source."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from localaws.gateway.actions import Body

EVERYTHING_BELOW = re.compile(r"(/\*\*)?(/\*)?$")
HOME_ON_AWS = "/root/"


def is_local(cache: Body) -> bool:
    """Whether a project keeps the paths that its buildspec names."""
    return cache.get("type") == "LOCAL" and "LOCAL_CUSTOM_CACHE" in (cache.get("modes") or [])


def link(paths: tuple[str, ...], source: Path, home: Path, kept: Path, say: Callable[[str], None]) -> None:
    """Put a link to the kept folder in the place of each path. A folder that the source brings is left alone."""
    for path in paths:
        wanted = EVERYTHING_BELOW.sub("", path.rstrip("/"))
        inside, relative = (
            (home, wanted.removeprefix(HOME_ON_AWS)) if wanted.startswith(HOME_ON_AWS) else (source, wanted)
        )
        place = (inside / relative).absolute()
        if not place.is_relative_to(inside) or ".." in Path(relative).parts or place == inside:
            say(f"Cache path {path} is not kept: it is neither below the source nor below {HOME_ON_AWS}")
        elif place.exists() or place.is_symlink():
            say(f"Cache path {path} is not kept: the source has it")
        else:
            folder = kept / ("home" if inside == home else "source") / relative
            folder.mkdir(parents=True, exist_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(folder, target_is_directory=True)
