locals {
  _projects = { for name, build in module.build : name => build.name }

  # What an approver reads besides the message: the log in which `make review` stands, or what was pushed.
  _console = "https://${var.region}.console.aws.amazon.com/codesuite"
  _reviews = { for name in local._names : name => "${local._console}/codebuild/projects/${local._projects["infra-plan-${name}"]}/build/#{Plan_${name}.CODEBUILD_BUILD_ID}/log?region=${var.region}" }
  _commit  = "${local._console}/settings/connections/redirect?connectionArn=${data.aws_codestarconnections_connection.code.arn}&referenceType=COMMIT&FullRepositoryId=${var.repository.id}&Commit=#{SourceVariables.CommitId}"

  _infrastructure = concat(
    [{
      name = "Check"
      actions = [{
        name      = "Check"
        project   = local._projects["infra-check"]
        output    = "checked" # nobody reads it: a failure that a buildspec hides behind a pipe leaves none, and is red so
        variables = { ENVIRONMENT = local._names[0], TARGETS = "check-infra package handover" }
      }]
    }],
    flatten([for e in var.environments : concat(
      [{
        name = "Plan-${e.name}"
        actions = [{
          name      = "Plan"
          project   = local._projects["infra-plan-${e.name}"]
          namespace = "Plan_${e.name}"
          output    = "plan_${e.name}"
          variables = { ENVIRONMENT = e.name, TARGETS = "plan review handover" }
        }]
      }],
      [for waiting in [e] : {
        name          = "Approve-${e.name}"
        skipped_where = { variable = "#{Plan_${e.name}.CHANGES}", is = "no" }
        actions       = [{ name = "Approve", message = "Apply to ${e.name}? #{Plan_${e.name}.SUMMARY} (commit #{SourceVariables.CommitId})", link = local._reviews[e.name] }]
      } if contains(e.approve, "infrastructure")],
      [{
        name          = "Apply-${e.name}"
        skipped_where = { variable = "#{Plan_${e.name}.CHANGES}", is = "no" }
        actions = [{
          name      = "Apply"
          project   = local._projects["infra-apply-${e.name}"]
          inputs    = ["source", "plan_${e.name}"]
          variables = { ENVIRONMENT = e.name, TARGETS = "apply handover" }
        }]
      }],
      # Never skipped: where an earlier push was applied after this one had planned no change, this one must not be green.
      [{
        name = "Verify-${e.name}"
        actions = [{
          name      = "Verify"
          project   = local._projects["infra-plan-${e.name}"]
          inputs    = ["source", "plan_${e.name}"]
          variables = { ENVIRONMENT = e.name, TARGETS = "verify handover" }
        }]
      }],
    )]),
  )

  _dags_stages = concat(
    [{
      name = "Check"
      actions = [{
        name      = "Check"
        project   = local._projects["dags-check"]
        output    = "checked" # as in the infrastructure pipeline
        variables = { ENVIRONMENT = local._names[0], TARGETS = "check-dags handover" }
      }]
    }],
    flatten([for e in var.environments : concat(
      [for waiting in [e] : {
        name    = "Approve-${e.name}"
        actions = [{ name = "Approve", message = "Bring the DAGs of commit #{SourceVariables.CommitId} to ${e.name}?", link = local._commit }]
      } if contains(e.approve, "dags")],
      [{
        name = "Sync-${e.name}"
        actions = [
          { name = "Sync", project = local._projects["dags-${e.name}"], variables = { ENVIRONMENT = e.name, TARGETS = "sync-dags handover" } },
          { name = "Verify", project = local._projects["dags-${e.name}"], run_order = 2, variables = { ENVIRONMENT = e.name, TARGETS = "verify-dags handover" } },
        ]
      }],
    )]),
  )

  _models_stages = flatten([for e in var.environments : concat(
    [for waiting in [e] : {
      name    = "Approve-${e.name}"
      actions = [{ name = "Approve", message = "Train in ${e.name} with the code of commit #{SourceVariables.CommitId}?", link = local._commit }]
    } if contains(e.approve, "models")],
    [{
      name = "Release-${e.name}"
      actions = concat(
        [for built in [e] : { name = "Images", project = local._projects["models-${e.name}"], variables = { ENVIRONMENT = e.name, TARGETS = "images handover" } } if e.images],
        [{ name = "Retrain", project = local._projects["models-${e.name}"], run_order = 2, variables = { ENVIRONMENT = e.name, TARGETS = "retrain handover" } }],
      )
    }],
  )])

  _drift_stages = [{
    name = "Drift"
    actions = [for e in var.environments : {
      name      = "Drift-${e.name}"
      project   = local._projects["infra-plan-${e.name}"]
      variables = { ENVIRONMENT = e.name, TARGETS = "drift handover" }
    }]
  }]

  # What a push has to change for it. Of a folder both `*` and `**` are named, whichever covers what lies directly in it.
  _folders = {
    dags           = ["dags"]
    infrastructure = ["envs", "lambda", "modules", "serving", "src/stockcast", "terraform", "training"]
    models         = ["serving", "src/stockcast", "training"]
  }
  _files = {
    dags           = ["buildspec-dags.yml"]
    infrastructure = ["buildspec-infra.yml", "dags/*.txt"] # what Airflow installs is the environment's
    models         = []
  }
  _paths = { for name, folders in local._folders : name => concat(flatten([for folder in folders : ["${folder}/*", "${folder}/**"]]), local._files[name]) }

  _pipelines = merge(
    {
      dags           = { stages = local._dags_stages, paths = local._paths.dags }
      infrastructure = { stages = local._infrastructure, paths = local._paths.infrastructure }
      models         = { stages = local._models_stages, paths = local._paths.models }
    },
    # The clock starts it, and no push does.
    { for name in ["drift"] : name => { stages = local._drift_stages, paths = [] } if var.drift != null },
  )
}

module "pipeline" {
  for_each       = local._pipelines
  source         = "../../modules/pipeline"
  name           = "stockcast-${each.key}"
  artifacts      = module.artifacts.store
  boundary_arn   = local._boundary
  connection_arn = data.aws_codestarconnections_connection.code.arn
  file_paths     = each.value.paths
  repository     = var.repository
  stages         = each.value.stages
  topic          = { arn = module.alerts.topic_arn, grants = module.alerts.grants }
}
