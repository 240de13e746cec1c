output "airflow_security_group_id" {
  description = "The group that lets Airflow's parts reach each other. Known once its rules stand."
  value       = aws_security_group.airflow.id
  depends_on  = [aws_vpc_security_group_egress_rule.outwards, aws_vpc_security_group_ingress_rule.own_parts]
}

output "endpoint_count" {
  description = "How many interface endpoints stand, each of which costs by the hour and zone."
  value       = length(aws_vpc_endpoint.interface)
}

output "nat_count" {
  description = "How many NATs stand, each of which costs by the hour."
  value       = length(aws_nat_gateway.this)
}

output "private_subnet_ids" {
  description = "The two private subnets. Known once their way out stands, which MWAA tries while it is made."
  value       = [for letter, subnet in aws_subnet.private : subnet.id]
  depends_on = [
    aws_route.internet, aws_route.nat, aws_route_table_association.private, aws_route_table_association.public,
    aws_vpc_endpoint.interface, aws_vpc_endpoint.s3,
  ]
}

output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}
