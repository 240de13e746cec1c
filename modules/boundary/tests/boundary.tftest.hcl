mock_provider "aws" {
  mock_data "aws_caller_identity" { defaults = { account_id = "111111111111" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { id = "us-east-1" } }
}

variables {
  name_prefix     = "stockcast-dev"
  kms_key_arn     = "arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  settings_prefix = "/stockcast/dev"
}

run "one_policy_bears_the_environments_name" {
  command = plan
  assert {
    condition     = aws_iam_policy.this.name == "stockcast-dev-boundary"
    error_message = "The boundary is called ${aws_iam_policy.this.name}."
  }
}

run "what_is_allowed_lies_in_this_environment_or_cannot_be_narrowed" {
  command = plan
  assert {
    condition = alltrue(flatten([
      for s in jsondecode(output.policy).Statement : [
        for resource in flatten([s.Resource]) :
        strcontains(resource, "stockcast-dev-") || strcontains(resource, "stockcast_dev") || strcontains(resource, "/stockcast/dev/") || resource == var.kms_key_arn
      ] if s.Effect == "Allow" && !contains(["Account", "AirflowsQueue", "Logs", "Scaling", "ScaleForTheFirstTime", "Spark"], s.Sid)
    ]))
    error_message = "The boundary opens something else: ${output.policy}."
  }
  assert {
    condition     = [for s in jsondecode(output.policy).Statement : s.Sid if s.Effect == "Allow" && try(s.Resource == "*", false)] == ["Account"]
    error_message = "More than one statement is open to every resource: ${output.policy}."
  }
}

# Both ways: an action that is missing here stops a role at night, one that nobody needs any more is a door left open.
# The roles of modules/build, deployer and pipeline are no environment's: people make them, outside of the boundary.
run "what_the_modules_roles_may_do_and_what_the_boundary_allows_are_the_same_actions" {
  command = plan
  assert {
    condition = alltrue([
      for action in distinct(flatten([
        for file in setunion(fileset(path.module, "../*/*.tf"), fileset(path.module, "../../terraform/platform/*.tf")) : [
          for listed in regexall("(?s)\\bactions\\s*=\\s*\\[(.*?)\\]", file("${path.module}/${file}")) : regexall("\"([a-z0-9-]+:[A-Z][A-Za-z]+)", listed[0])
        ] if !can(regex("^\\.\\./(build|deployer|pipeline)/", file))
        ])) : anytrue([
        for allowed in flatten([for s in jsondecode(output.policy).Statement : s.Action if s.Effect == "Allow"]) :
        can(regex("^${replace(allowed, "*", "[A-Za-z]*")}$", action))
      ])
    ])
    error_message = "The actions of some role are more than policy.tf allows; add what is new to it."
  }
  assert {
    condition = alltrue([
      for allowed in flatten([for s in jsondecode(output.policy).Statement : s.Action if s.Effect == "Allow"]) : anytrue(flatten([
        for file in setsubtract(fileset(path.module, "../*/*.tf"), fileset(path.module, "../boundary/*.tf")) :
        can(regex("\"${replace(allowed, "*", "[A-Za-z]*")}[\"*]", file("${path.module}/${file}"))) if !can(regex("^\\.\\./(build|deployer|pipeline)/", file))
      ]))
    ])
    error_message = "policy.tf allows more than the modules' roles need; take out what none of them names any more."
  }
}

run "no_whole_service_is_allowed" {
  command = plan
  assert {
    condition = alltrue(flatten([
      for s in jsondecode(output.policy).Statement : [
        for action in flatten([s.Action]) : can(regex("^[a-z0-9-]+:[A-Z][A-Za-z]+", action))
      ] if s.Effect == "Allow"
    ]))
    error_message = "The boundary allows a whole service: ${output.policy}."
  }
}

run "of_iam_nothing_but_lending_our_roles_and_the_first_scaling_is_left" {
  command = plan
  assert {
    condition = [
      for action in one([for s in jsondecode(output.policy).Statement : s.NotAction if s.Sid == "NoOtherService"]) : action if startswith(action, "iam:")
    ] == ["iam:CreateServiceLinkedRole", "iam:PassRole"]
    error_message = "Some other action of IAM escapes: ${output.policy}."
  }
  assert {
    condition = one([for s in jsondecode(output.policy).Statement : s.NotResource if s.Sid == "NoOtherRoles"]) == [
      "arn:aws:iam::111111111111:role/stockcast-dev-*",
      "arn:aws:iam::111111111111:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
    ]
    error_message = "A role of somebody else can be lent: ${output.policy}."
  }
}

run "roles_are_lent_to_services_that_run_jobs_alone" {
  command = plan
  assert {
    condition = one([for s in jsondecode(output.policy).Statement : s.Condition if s.Sid == "LendRoles"]) == {
      StringEquals = { "iam:PassedToService" = ["emr-serverless.amazonaws.com", "glue.amazonaws.com", "sagemaker.amazonaws.com"] }
    }
    error_message = "The boundary is ${output.policy}."
  }
}

run "other_buckets_and_names_are_denied_even_if_they_let_a_role_in" {
  command = plan
  assert {
    condition = one([for s in jsondecode(output.policy).Statement : s.NotResource if s.Sid == "NoOtherBuckets"]) == [
      "arn:aws:s3:::stockcast-dev-111111111111-*",
    ]
    error_message = "Buckets of another environment are open: ${output.policy}."
  }
  assert {
    condition = alltrue([
      for resource in one([for s in jsondecode(output.policy).Statement : s.NotResource if s.Sid == "NoOtherNames"]) :
      strcontains(resource, ":111111111111:") || resource == "arn:aws:sqs:us-east-1:*:airflow-celery-*"
    ])
    error_message = "Something of another account is open: ${output.policy}."
  }
}

run "a_script_of_others_may_be_read_and_not_written" {
  command = plan
  variables { readable_objects = ["arn:aws:s3:::team-scripts/transform.py"] }
  assert {
    condition = one([
      for s in jsondecode(output.policy).Statement : [s.Action, s.Resource] if s.Sid == "ObjectsOfOthers"
    ]) == ["s3:GetObject", ["arn:aws:s3:::team-scripts/transform.py"]]
    error_message = "The boundary is ${output.policy}."
  }
  assert {
    condition = contains(
      one([for s in jsondecode(output.policy).Statement : s.NotResource if s.Sid == "NoOtherBuckets"]), "arn:aws:s3:::team-scripts/transform.py"
    )
    error_message = "What may be read is denied as well: ${output.policy}."
  }
}

run "the_longest_prefix_still_fits_into_a_managed_policy" {
  command = plan
  variables {
    name_prefix     = "stockcast-an-environment-far-aw"
    settings_prefix = "/stockcast/an-environment-far-aw"
  }
  assert {
    condition     = length(output.policy) <= 6144
    error_message = "The boundary has ${length(output.policy)} characters."
  }
}

run "a_policy_larger_than_iam_takes_is_refused" {
  command = plan
  variables { settings_prefix = "/${join("", [for n in range(200) : "stockcast"])}" }
  expect_failures = [aws_iam_policy.this]
}

run "a_prefix_with_capitals_is_refused" {
  command = plan
  variables { name_prefix = "Stockcast" }
  expect_failures = [var.name_prefix]
}

run "settings_without_a_leading_slash_are_refused" {
  command = plan
  variables { settings_prefix = "stockcast/dev" }
  expect_failures = [var.settings_prefix]
}

run "a_whole_bucket_of_others_is_refused" {
  command = plan
  variables { readable_objects = ["arn:aws:s3:::team-scripts"] }
  expect_failures = [var.readable_objects]
}
