# GitHub Actions shows plans in pull requests. It proves by a signed token for which repository it runs, so it needs no
# keys that live for ever. An account has one such provider.
resource "aws_iam_openid_connect_provider" "github" {
  count          = var.github == null || length(var.environments) == 0 ? 0 : 1
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
