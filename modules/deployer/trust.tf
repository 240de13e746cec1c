# Builds of the home account by the names of their roles, which are made later than these: AWS refuses a principal that
# does not exist, but not a condition on one.
locals {
  _home = "arn:${local._partition}:iam::${var.delivery_account_id}"
  _projects = {
    apply   = ["infra-apply-${var.environment}"]
    plan    = ["infra-plan-${var.environment}"]
    release = ["dags-${var.environment}", "models-${var.environment}"]
  }
  _builds = {
    for role, projects in local._projects : role => {
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "${local._home}:root" }
      Condition = { ArnEquals = { "aws:PrincipalArn" = [for project in projects : "${local._home}:role/stockcast-delivery-${project}"] } }
    }
  }

  # GitHub signs for which repository and event a job runs. Pull requests of forks get no such token at all.
  _issuer = "token.actions.githubusercontent.com"
  _pull_requests = var.github == null ? null : {
    Effect    = "Allow"
    Action    = "sts:AssumeRoleWithWebIdentity"
    Principal = { Federated = var.github.provider_arn }
    Condition = { StringEquals = {
      "${local._issuer}:aud" = "sts.amazonaws.com"
      "${local._issuer}:sub" = "repo:${var.github.repository}:pull_request"
    } }
  }
}
