"""A tag for each of the two images, made from what is in it: same files, same tag, on any machine.

Tags are immutable, and one that a person has to think of is forgotten: the old image would go on serving. What an
image is built upon, and what pip finds, is fixed in its Dockerfile and its requirements.txt, which count as well.
"""

from __future__ import annotations

from pathlib import Path

from shipping.lambda_rules import PackageRefused

DOCKERFILES = {"jobs": "training/Dockerfile", "serving": "serving/Dockerfile"}


def copied(root: Path, dockerfile: str) -> list[str]:
    """Every path of the clone that a Dockerfile copies, sorted, and the Dockerfile itself."""
    file = root / dockerfile
    if not file.is_file():
        raise PackageRefused(f"{file} does not exist; the image's tag is made from it. Check the clone.")
    paths = {dockerfile}
    for line in file.read_text().splitlines():
        words = line.split()
        if words and words[0].upper() in ("COPY", "ADD"):
            paths |= _sources(dockerfile, line, words)
    return sorted(paths)


def _sources(dockerfile: str, line: str, words: list[str]) -> set[str]:
    """Only the plain form is understood; what could not be read would be missing in the tag."""
    is_plain = words[0].upper() == "COPY" and len(words) > 2 and not line.rstrip().endswith("\\")
    if not is_plain or any(word.startswith(("--", "[")) or set(word) & set("*?$") for word in words[1:-1]):
        raise PackageRefused(
            f"{dockerfile} says `{line.strip()}`; the image's tag is made from what it copies, and only "
            "`COPY path... target` is understood. Name the files one by one."
        )
    return {word.rstrip("/") for word in words[1:-1]}
