"""Make what Terraform uploads: the functions' zips and the jobs' code. Same sources, same bytes, on any machine.

`python -m shipping.package` fills build/: <function>.zip for each folder in lambda/, stockcast.zip for Spark, and
jobs/files/ and jobs/source.tar.gz with what training and processing run, and manifest.json with their fingerprints and
the images' tags. Everything is read and checked before anything is written, so a refusal leaves the last good build as
it was.

A function's requirements.txt names the libraries that lie in its zip; their versions are uv.lock's. Where an
environment chooses EMR Serverless, spark-libraries.tar.gz holds what its Spark lacks.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TypedDict

from shipping import image_content, wheels
from shipping.lambda_rules import PackageRefused, check_imports, check_size

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_PARTS = ("__init__.py", "contracts", "sources")  # of stockcast; the rest needs more than the standard library
FEATURES = ("features/__init__.py", "features/fingerprint.py", "features/indicators.py")
MORE_PARTS = {"transform": (*FEATURES, "transform")}  # for a function whose zip holds what they need
SPARK_LIBRARY, SPARK_ARCHIVE = "stockcast.zip", "spark-libraries.tar.gz"
ENGINE_OF_ARCHIVE = re.compile(r'\bengine\s*=\s*"emr_serverless"')
ANNOTATIONS = re.compile(r"annotations/[^/]+\.csv")  # of training/; build_silver.py reads them beside itself
ENTRIES = re.compile(r"entry/[^/]+\.py")  # of training/; what starts a script where SageMaker does not
OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # zip knows no earlier one
READABLE = 0o644
CACHES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
HASH_DIGITS = 12

Files = dict[str, bytes]  # path inside the package -> content


class Manifest(TypedDict):
    """What was built, by fingerprint."""

    image_tags: dict[str, str]  # of the images `jobs` and `serving`, from their content
    job_code_hash: str
    libraries: dict[str, str]  # name -> version, of what Glue installs for a run
    zips: dict[str, str]  # file name -> sha256


def build(root: Path, out: Path) -> Manifest:
    """Build everything in `root` into `out`; raises PackageRefused before the first byte is written."""
    functions = lambda_files(root)
    libraries = {name: _libraries(root / "lambda" / name) for name in functions}
    for name, files in functions.items():
        check_size(name, files | libraries[name])
        check_imports(name, files, libraries[name])
    jobs = job_files(root)
    tags = image_tags(root)
    zips = {f"{name}.zip": zip_bytes(files | libraries[name]) for name, files in functions.items()}
    zips[SPARK_LIBRARY] = zip_bytes({path: content for path, content in jobs.items() if path.startswith("stockcast/")})
    if _wants_archive(root):
        zips[SPARK_ARCHIVE] = spark_archive()
    for file_name, content in zips.items():
        _write(out / file_name, content)
    _replace_folder(out / "jobs" / "files", jobs)
    _write(out / "jobs" / "source.tar.gz", tar_gz_bytes(jobs))
    manifest = Manifest(
        image_tags=tags,
        job_code_hash=fingerprint(jobs),
        libraries=wheels.versions(_named(root / "lambda" / "transform")),
        zips={file_name: hashlib.sha256(content).hexdigest() for file_name, content in sorted(zips.items())},
    )
    _write(out / "manifest.json", (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())
    return manifest


def lambda_files(root: Path) -> dict[str, Files]:
    """For each folder in lambda/ what its zip holds: the folder at the root, and our own packages beside it."""
    shared: Files = {}
    for part in LAMBDA_PARTS:
        shared |= _read(root / "src" / "stockcast" / part, f"stockcast/{part}")
    folders = sorted(path for path in (root / "lambda").glob("*") if path.is_dir() and path.name not in CACHES)
    if not folders:
        raise PackageRefused(f"{root / 'lambda'} holds no folder; it must hold one per function. Check the clone.")
    functions = {folder.name: shared | _read(folder, "") for folder in folders}
    for name in MORE_PARTS.keys() & functions.keys():
        for part in MORE_PARTS[name]:
            functions[name] |= _read(root / "src" / "stockcast" / part, f"stockcast/{part}")
    for name, files in functions.items():
        if "handler.py" not in files:
            raise PackageRefused(f"lambda/{name} has no handler.py; Lambda calls handler.handler. Add it.")
    return functions


def spark_archive() -> bytes:
    """What the Spark of EMR Serverless lacks, as one archive that each worker unpacks."""
    names = wheels.all_but("py4j", "pyspark")
    return tar_gz_bytes(wheels.files(names, wheels.EMR), compresslevel=1)


def _wants_archive(root: Path) -> bool:
    """Whether any environment chooses the engine that needs it: it is 300 MB of wheels."""
    return any(ENGINE_OF_ARCHIVE.search(file.read_text()) for file in (root / "envs").glob("*/platform.tfvars"))


def _named(function: Path) -> list[str]:
    """The libraries that a function's requirements.txt names."""
    file = function / "requirements.txt"
    lines = file.read_text().splitlines() if file.is_file() else []
    return [name for line in lines if (name := line.split("#")[0].strip())]


def _libraries(function: Path) -> Files:
    names = _named(function)
    return wheels.files(names, wheels.LAMBDA) if names else {}


def job_files(root: Path) -> Files:
    """The scripts of training/ with people's annotations, and stockcast beside them, where they find it."""
    everything = _read(root / "training", "")
    scripts = {
        path: content
        for path, content in everything.items()
        if ("/" not in path and (path.endswith(".py") or path == "requirements.txt")) or ENTRIES.fullmatch(path)
    }
    if not scripts:
        raise PackageRefused(f"{root / 'training'} holds no *.py; the jobs run train.py from it. Check the clone.")
    labels = {path: content for path, content in everything.items() if ANNOTATIONS.fullmatch(path)}
    return scripts | labels | _read(root / "src" / "stockcast", "stockcast")


def image_tags(root: Path) -> dict[str, str]:
    """The tag of each image: a fingerprint of its Dockerfile and of all that this copies."""
    tags = {}
    for image, dockerfile in image_content.DOCKERFILES.items():
        files: Files = {}
        for path in image_content.copied(root, dockerfile):
            files |= _read(root / path, path)
        tags[image] = fingerprint(files)
    return tags


def fingerprint(files: Files) -> str:
    """The first hex digits of a SHA-256 over all paths and contents, each with its length, in order."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{len(path)}:{path}{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:HASH_DIGITS]


def zip_bytes(files: Files) -> bytes:
    """A zip that depends on nothing but the files. Stored, as compressors of two machines may differ in a bit."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as into:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, OLDEST_ZIP_TIME)
            entry.create_system = 3  # Unix, on any machine: else Lambda would ignore the mode below
            entry.external_attr = READABLE << 16
            into.writestr(entry, content)
    return archive.getvalue()


def tar_gz_bytes(files: Files, compresslevel: int = 0) -> bytes:
    """The same for archives: no times, no owners, nothing of this machine. Stored, for the zips' reason, by default."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as into:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), READABLE
            into.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), compresslevel=compresslevel, mtime=0)


def _read(path: Path, name: str) -> Files:
    """A file, or all files of a folder, under `name` in the package; caches and hidden files stay out."""
    if path.is_file():
        return {name: path.read_bytes()}
    if not path.is_dir():
        raise PackageRefused(f"{path} does not exist; it belongs into a package. Check the clone.")
    files: Files = {}
    depth = len(path.parts)
    for inner in sorted(path.rglob("*")):
        parts = inner.parts[depth:]
        is_left_out = inner.suffix == ".pyc" or any(part in CACHES or part.startswith(".") for part in parts)
        if inner.is_file() and not is_left_out:
            files["/".join((name, *parts) if name else parts)] = inner.read_bytes()
    return files


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; an unchanged file keeps its time, so that nothing seems new that is not."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.chmod(READABLE)
    os.replace(fresh, path)  # noqa: PTH105 - the one call that replaces in a single step


def _replace_folder(folder: Path, files: Files) -> None:
    """The folder with exactly these files: one deleted from the sources must not live on in a job.

    One that is right already is left alone: two plans at once may read it.
    """
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if there == files:
        return
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for path, content in files.items():
        _write(fresh / path, content)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)


def main(arguments: list[str] | None = None) -> int:
    """Build, and print the manifest."""
    parser = argparse.ArgumentParser(description="Builds the functions' zips and the jobs' code.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the clone; default the one this file lies in")
    parser.add_argument("--out", type=Path, help="where to build; default <root>/build")
    options = parser.parse_args(arguments)
    try:
        manifest = build(options.root, options.out or options.root / "build")
    except PackageRefused as refusal:
        print(f"package: {refusal}", file=sys.stderr)
        return 1
    print(json.dumps(manifest, indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
