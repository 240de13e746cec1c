"""Which modules a requirement brings, looked up in the packages that are installed here."""

import sys
from pathlib import Path

from shipping.dag_checks.modules import find_modules


def test_a_package_brings_its_modules_whatever_their_names(tmp_path):
    """PyYAML brings yaml: a list by the packages' names would reject that import."""
    (tmp_path / "requirements.txt").write_text("--constraint x\nPyYAML==6.0.2\nsix==1.17.0  # one file\nabsent==1\n")

    assert find_modules(tmp_path, Path(sys.executable)) == {"yaml", "_yaml", "six"}
