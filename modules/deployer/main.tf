# Who may deploy one environment, made by a person once, so that no pipeline can widen its own rights. Three roles for
# three kinds of build, and one for plans of pull requests.
locals {
  _account   = data.aws_caller_identity.current.account_id
  _partition = data.aws_partition.current.partition
  _place     = "${data.aws_region.current.id}:${local._account}"
  _catalog   = replace(var.name_prefix, "-", "_") # the catalog's names take no -

  _iam     = "arn:${local._partition}:iam::${local._account}"
  _buckets = "arn:${local._partition}:s3:::${var.name_prefix}-${local._account}"
  _s3      = { airflow = "${local._buckets}-airflow", models = "${local._buckets}-models" }
  _arn     = { for service in local._services : service => "arn:${local._partition}:${service}:${local._place}" }
  _services = [
    "airflow", "batch", "cloudwatch", "ec2", "ecr", "emr-serverless", "events", "glue", "kms", "lambda", "logs", "sagemaker",
    "scheduler", "secretsmanager", "sns", "sqs", "ssm",
  ]

  # What AWS names by chance is known by its tag, which the provider of terraform/platform puts on everything.
  _is_ours   = { StringEquals = { "aws:ResourceTag/Environment" = var.environment, "aws:ResourceTag/Project" = "stockcast" } }
  _gets_ours = { StringEquals = { "aws:RequestTag/Environment" = var.environment, "aws:RequestTag/Project" = "stockcast" } }

  _policies = merge(local._reading, local._applying, local._network, local._releasing)
  _documents = {
    for name, statements in local._policies : name => jsonencode({
      Version = "2012-10-17"
      Statement = [
        for sid, told in statements : merge(
          { Sid = sid, Effect = try(told.effect, "Allow"), Action = told.actions, Resource = told.resources },
          try({ Condition = told.condition }, {}),
        )
      ]
    })
  }
  _roles = merge(
    {
      apply = {
        description = "Applies plans of ${var.environment} in the infrastructure pipeline."
        policies    = concat(["reading"], keys(local._applying), keys(local._network))
        trust       = local._builds["apply"]
      }
      plan = {
        description = "Plans and verifies ${var.environment}; changes nothing but the lock of its state."
        policies    = ["planning", "reading"]
        trust       = local._builds["plan"]
      }
      release = {
        description = "Brings DAGs and images to ${var.environment} and asks its Airflow."
        policies    = keys(local._releasing)
        trust       = local._builds["release"]
      }
    },
    var.github == null ? {} : {
      review = {
        description = "Plans ${var.environment} for pull requests of ${var.github.repository}; changes nothing, not even a lock."
        policies    = ["reading"]
        trust       = local._pull_requests
      }
    },
  )
  _attached = merge([for role, told in local._roles : { for policy in told.policies : "${role}/${policy}" => { policy = policy, role = role } }]...)
}

resource "aws_iam_policy" "this" {
  for_each    = local._documents
  name        = "${var.name_prefix}-deploy-${each.key}"
  description = "What deploying ${var.environment} takes: ${each.key}."
  policy      = each.value
  lifecycle {
    precondition {
      condition     = length(each.value) <= 6144
      error_message = "The policy ${each.key} of ${var.name_prefix} has ${length(each.value)} characters; IAM takes 6144 in a managed policy. Move statements to another topic."
    }
  }
}

resource "aws_iam_role" "this" {
  for_each             = local._roles
  name                 = "${var.name_prefix}-${each.key}"
  description          = each.value.description
  max_session_duration = 3600 # who takes a role with another role gets one hour anyway; builds renew
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [each.value.trust] })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = local._attached
  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.value.policy].arn
}

# The policy of the state is bootstrap's own, since people take it too.
resource "aws_iam_role_policy_attachment" "state" {
  role       = aws_iam_role.this["apply"].name
  policy_arn = var.state.policy_arn
}
