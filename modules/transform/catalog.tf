# The lake's tables, written down rather than found by a crawler: their columns are known, and a crawler costs ten
# minutes a look.
locals {
  _bar_columns = [ # as training/build_silver.py writes them
    ["symbol", "string"], ["date", "date"],
    ["open", "double"], ["high", "double"], ["low", "double"], ["close", "double"], ["volume", "double"],
    ["close_raw", "double"], ["source", "string"],
    ["market_close", "double"], ["market_return", "double"], ["split", "string"],
  ]
  _feature_columns = [ # as stockcast.transform makes them
    ["symbol", "string"], ["date", "date"], ["close", "double"], ["sd63", "double"], ["rv", "double"],
    ["ret1", "double"], ["ret5", "double"], ["ret21", "double"],
    ["lrv", "double"], ["lv5", "double"], ["lv21", "double"], ["lv63", "double"],
    ["vol_z", "double"], ["rsi", "double"], ["macd", "double"], ["bb", "double"], ["co", "double"], ["on", "double"],
    ["feature_version", "string"],
  ]
  _forecast_columns = [ # as the forecast function writes them
    ["symbol", "string"], ["as_of", "date"], ["horizon", "int"],
    ["model_type", "string"], ["model_version", "string"], ["feature_version", "string"],
    ["last_close", "double"], ["median", "double"],
    ["q025", "double"], ["q10", "double"], ["q50", "double"], ["q90", "double"], ["q975", "double"],
    ["volatility", "double"], ["p_up", "double"], ["base_rate_up", "double"], ["mae", "double"], ["mae_persistence", "double"],
    ["baseline_mae_ratio", "double"], ["coverage_last_252", "double"], ["qlike_ratio_ewma_63", "double"],
    ["calibration", "string"], ["stale", "boolean"], ["generated_at", "string"],
  ]
}

resource "aws_glue_catalog_database" "this" {
  name        = replace(var.name_prefix, "-", "_") # Athena would want names with - quoted
  description = "Stockcast's lake: clean bars and forecasts."
}

resource "aws_glue_catalog_table" "bars" {
  database_name = aws_glue_catalog_database.this.name
  name          = "bars"
  description   = "Clean adjusted daily bars of all symbols, with the market of the same day."
  table_type    = "EXTERNAL_TABLE"
  parameters    = { EXTERNAL = "TRUE", classification = "parquet" }

  storage_descriptor {
    location      = "s3://${var.buckets.silver}/bars/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }
    dynamic "columns" {
      for_each = local._bar_columns
      content {
        name = columns.value[0]
        type = columns.value[1]
      }
    }
  }
}

resource "aws_glue_catalog_table" "features" {
  database_name = aws_glue_catalog_database.this.name
  name          = "features"
  description   = "What a model sees of each symbol and day, with the version of the code that made it. Empty without an engine."
  table_type    = "EXTERNAL_TABLE"
  parameters    = { EXTERNAL = "TRUE", classification = "parquet" }

  storage_descriptor {
    location      = "s3://${var.buckets.silver}/features/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }
    dynamic "columns" {
      for_each = local._feature_columns
      content {
        name = columns.value[0]
        type = columns.value[1]
      }
    }
  }
}

resource "aws_glue_catalog_table" "forecasts" {
  database_name = aws_glue_catalog_database.this.name
  name          = "forecasts"
  description   = "One forecast per symbol, day and horizon; `day` is the date of the newest bar. Each file holds one record on one line."
  table_type    = "EXTERNAL_TABLE"
  parameters = { # Athena works out the days by itself, so that nobody has to add one every night
    EXTERNAL                    = "TRUE"
    classification              = "json"
    "projection.day.format"     = "yyyy-MM-dd"
    "projection.day.range"      = "${var.history_start},NOW"
    "projection.day.type"       = "date"
    "projection.enabled"        = "true"
    "storage.location.template" = "s3://${var.buckets.gold}/forecasts/day=$${day}/"
  }

  partition_keys {
    name = "day"
    type = "string"
  }
  storage_descriptor {
    location      = "s3://${var.buckets.gold}/forecasts/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    ser_de_info {
      serialization_library = "org.openx.data.jsonserde.JsonSerDe"
      parameters            = { "serialization.format" = "1" }
    }
    dynamic "columns" {
      for_each = local._forecast_columns
      content {
        name = columns.value[0]
        type = columns.value[1]
      }
    }
  }
}
