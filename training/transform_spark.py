"""Turn silver's bars into the feature table on Spark: the script of Glue and of EMR Serverless alike.

Reads every Parquet file under --bars and writes Parquet files of whole symbols under --features, which it replaces.
What makes the features is `stockcast.transform`, the very code of the Lambda function; Spark only brings each symbol's
bars together and in order.
"""

import argparse
import json
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DataType, DateType, DoubleType, StringType, StructField, StructType

from stockcast.transform.batches import feature_batches
from stockcast.transform.table import BAR_COLUMNS, SCHEMA

TYPES: dict[str, DataType] = {"String": StringType(), "Date": DateType(), "Float64": DoubleType()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, transform, write."""
    args = _arguments(arguments)
    spark = SparkSession.builder.appName("stockcast-transform").getOrCreate()
    written = features(spark.read.parquet(args.bars)).write.mode("overwrite").option("compression", "zstd")
    written.parquet(args.features)
    rows = spark.read.parquet(args.features).count()
    print(json.dumps({"event": "features_written", "to": args.features, "rows": rows}))
    spark.stop()


def features(bars: DataFrame) -> DataFrame:
    """The feature table of all bars. A symbol lies in one partition, hence in one file."""
    together = bars.select(*BAR_COLUMNS).repartitionByRange("symbol").sortWithinPartitions("symbol", "date")
    return together.mapInArrow(feature_batches, spark_schema())


def spark_schema() -> StructType:
    """The table's columns in Spark's words."""
    return StructType([StructField(name, TYPES[str(kind)]) for name, kind in SCHEMA.items()])


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", required=True, help="where silver's bars lie, such as s3://silver/bars/")
    parser.add_argument("--features", required=True, help="where the table goes, such as s3://silver/features/")
    args, _ = parser.parse_known_args(arguments)  # Glue adds parameters of its own
    return args


if __name__ == "__main__":
    main()
