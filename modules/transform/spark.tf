# What both Spark engines run: the same script, and stockcast beside it as one zip.
locals {
  _library = "code/spark/${substr(local._has_spark ? filesha256(var.code.library) : "-", 0, 12)}/stockcast.zip"
  _spark = {
    bars     = "s3://${var.buckets.silver}/bars/"
    features = "s3://${var.buckets.silver}/features/"
    library  = "s3://${var.code.bucket}/${local._library}"
  }
}

resource "aws_s3_object" "library" {
  count       = local._has_spark ? 1 : 0
  bucket      = var.code.bucket
  key         = local._library
  source      = var.code.library
  source_hash = filemd5(var.code.library)
  lifecycle { create_before_destroy = true }
}
