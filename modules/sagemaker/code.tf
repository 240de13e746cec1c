# The scripts that jobs run, beside each other under their own hash: a job that started keeps the code it started with.
locals {
  _code = "code/${var.code.hash}"
}

resource "aws_s3_object" "file" {
  for_each    = fileset("${var.code.folder}/files", "**")
  bucket      = var.buckets.models
  key         = "${local._code}/files/${each.value}"
  source      = "${var.code.folder}/files/${each.value}"
  source_hash = filemd5("${var.code.folder}/files/${each.value}")
  lifecycle { create_before_destroy = true }
}

resource "aws_s3_object" "archive" {
  bucket      = var.buckets.models
  key         = "${local._code}/source.tar.gz"
  source      = "${var.code.folder}/source.tar.gz"
  source_hash = filemd5("${var.code.folder}/source.tar.gz")
  lifecycle { create_before_destroy = true }
}
