output "connection" {
  description = "The connection to the code: ARN, status, and what a person has to do while it is PENDING; null without one."
  value = one([
    for made in aws_codeconnections_connection.code : {
      arn    = made.arn
      status = made.connection_status
      to_do = made.connection_status == "AVAILABLE" ? "nothing" : join(" ", [
        "Open https://${var.region}.console.aws.amazon.com/codesuite/settings/connections?region=${var.region},",
        "choose ${made.name}, then \"Update pending connection\".",
      ])
    }
  ])
}

output "deploy_role_arns" {
  description = "ARNs of the roles that deploy, by environment and by what they do."
  value       = { for name, deployer in module.deployer : name => deployer.role_arns }
}

output "state_bucket" {
  description = "The bucket that every backend of this account names."
  value       = aws_s3_bucket.state.bucket
}

output "state_key_arn" {
  description = "ARN of the key that encrypts it."
  value       = aws_kms_key.state.arn
}

output "state_policy_arns" {
  description = "ARNs of the policies that let somebody run Terraform for one environment, by environment."
  value       = { for name, policy in aws_iam_policy.state : name => policy.arn }
}
