"""A job's parameters: which the script sees, and what Glue makes of the others."""

from __future__ import annotations

import pytest

from localaws.glue import parameters
from localaws.spark.failure import SparkFailed

GIVEN = {
    "--bars": "s3://silver/bars/",
    "--verbose": "",
    "--additional-python-modules": "polars==2.1.0, numpy",
    "--conf": "spark.sql.ansi.enabled=true --conf spark.sql.session.timeZone=UTC",
    "--enable-metrics": "true",
    "--continuous-log-logGroup": "/ours",
}


def test_the_script_gets_what_is_not_glues() -> None:
    """One parameter too few and the script fails; one too many and a strict parser does."""
    assert parameters.of_script(GIVEN) == ["--bars", "s3://silver/bars/", "--verbose"]


def test_lists_and_settings_are_read_as_glue_reads_them() -> None:
    assert parameters.listed(GIVEN, "--additional-python-modules") == ["polars==2.1.0", "numpy"]
    assert parameters.settings(GIVEN) == {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}


def test_the_log_group_counts_only_with_continuous_logging() -> None:
    """As on AWS, where the name alone does nothing."""
    assert parameters.log_group(GIVEN) == "/aws-glue/jobs/output"
    assert parameters.log_group(GIVEN | {"--enable-continuous-cloudwatch-log": "true"}) == "/ours"
    assert parameters.log_group({"--enable-continuous-cloudwatch-log": "true"}) == "/aws-glue/jobs/logs-v2"


def test_jars_that_are_not_here_are_refused() -> None:
    with pytest.raises(SparkFailed, match=r"--extra-jars is s3://lake/x\.jar; the local Spark has no further jars"):
        parameters.refuse_jars({"--extra-jars": "s3://lake/x.jar"})
