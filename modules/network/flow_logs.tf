resource "aws_flow_log" "this" {
  count                = var.network.flow_logs == "NONE" || var.logs_bucket_arn == null ? 0 : 1
  log_destination      = "${var.logs_bucket_arn}/flow-logs/"
  log_destination_type = "s3"
  traffic_type         = var.network.flow_logs
  vpc_id               = aws_vpc.this.id
  tags                 = { Name = var.name_prefix }
}
