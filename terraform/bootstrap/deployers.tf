# Who deploys each environment of this account. Pipelines cannot make these: who makes roles for itself has no limits.
module "deployer" {
  for_each            = var.environments
  source              = "../../modules/deployer"
  name_prefix         = "stockcast-${each.key}"
  delivery_account_id = var.delivery_account_id
  environment         = each.key
  github              = one([for provider in aws_iam_openid_connect_provider.github : { provider_arn = provider.arn, repository = var.github.repository }])
  settings_prefix     = "/stockcast/${each.key}"
  state = {
    bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}"
    key        = "${each.key}/platform.tfstate"
    key_arn    = aws_kms_key.state.arn
    policy_arn = aws_iam_policy.state[each.key].arn
  }
}
