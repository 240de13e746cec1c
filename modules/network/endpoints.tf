# The way to AWS's services without the internet. What costs by the hour is the interface endpoints alone, so that they
# can sleep; their group and the gateway to S3 are free and stay.
locals {
  _services = toset([
    "airflow.api", "airflow.env", "airflow.ops", "ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "sqs",  # Airflow itself
    "application-autoscaling", "glue", "lambda", "sagemaker.api", "sagemaker.runtime", "sns", "ssm", "sts", # what its DAGs call
  ])
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = var.network.endpoints ? local._services : []
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.current.id}.${each.key}"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [for letter, subnet in aws_subnet.private : subnet.id]
  vpc_endpoint_type   = "Interface"
  tags                = { Name = "${var.name_prefix}-${each.key}" }
  depends_on          = [aws_vpc_security_group_ingress_rule.from_vpc]
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.current.id}.s3"
  route_table_ids   = [for letter, table in aws_route_table.private : table.id]
  vpc_endpoint_type = "Gateway"
  tags              = { Name = "${var.name_prefix}-s3" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name_prefix}-endpoints"
  description = "AWS services: HTTPS from within the VPC, and nothing outwards."
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "from_vpc" {
  security_group_id = aws_security_group.endpoints.id
  description       = "HTTPS from the VPC"
  cidr_ipv4         = aws_vpc.this.cidr_block
  from_port         = 443
  ip_protocol       = "tcp"
  to_port           = 443
}
