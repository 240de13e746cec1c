# Whatever is made in the VPC without a group of its own falls into this one, which lets nothing in or out.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name_prefix}-closed" }
}

# MWAA's scheduler, workers and database talk among themselves, and outwards to whatever the DAGs call.
resource "aws_security_group" "airflow" {
  name        = "${var.name_prefix}-airflow"
  description = "Airflow: everything among its own parts, and outwards."
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name_prefix}-airflow" }
}

resource "aws_vpc_security_group_ingress_rule" "own_parts" {
  security_group_id            = aws_security_group.airflow.id
  description                  = "Airflow's own parts"
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.airflow.id
}

resource "aws_vpc_security_group_egress_rule" "outwards" {
  security_group_id = aws_security_group.airflow.id
  description       = "AWS services and the package index"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}
