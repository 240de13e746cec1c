locals {
  _projects = { for name, build in module.build : name => build.name }

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
        actions       = [{ name = "Approve", message = "Apply to ${e.name}? #{Plan_${e.name}.SUMMARY} (commit #{SourceVariables.CommitId})" }]
      } if contains(e.approve, "infrastructure")],
      [{
        name          = "Apply-${e.name}"
        skipped_where = { variable = "#{Plan_${e.name}.CHANGES}", is = "no" }
        actions = [
          {
            name      = "Apply"
            project   = local._projects["infra-apply-${e.name}"]
            inputs    = ["source", "plan_${e.name}"]
            variables = { ENVIRONMENT = e.name, TARGETS = "apply handover" }
          },
          {
            name      = "Verify"
            project   = local._projects["infra-plan-${e.name}"]
            run_order = 2
            variables = { ENVIRONMENT = e.name, TARGETS = "verify handover" }
          },
        ]
      }],
    )]),
  )

  _dags_stages = concat(
    [{
      name = "Check"
      actions = [{
        name      = "Check"
        project   = local._projects["dags-check"]
        variables = { ENVIRONMENT = local._names[0], TARGETS = "check-dags" }
      }]
    }],
    flatten([for e in var.environments : concat(
      [for waiting in [e] : {
        name    = "Approve-${e.name}"
        actions = [{ name = "Approve", message = "Bring the DAGs of commit #{SourceVariables.CommitId} to ${e.name}?" }]
      } if contains(e.approve, "dags")],
      [{
        name = "Sync-${e.name}"
        actions = [
          { name = "Sync", project = local._projects["dags-${e.name}"], variables = { ENVIRONMENT = e.name, TARGETS = "sync-dags" } },
          { name = "Verify", project = local._projects["dags-${e.name}"], run_order = 2, variables = { ENVIRONMENT = e.name, TARGETS = "verify-dags" } },
        ]
      }],
    )]),
  )

  _models_stages = flatten([for e in var.environments : concat(
    [for waiting in [e] : {
      name    = "Approve-${e.name}"
      actions = [{ name = "Approve", message = "Train in ${e.name} with the code of commit #{SourceVariables.CommitId}?" }]
    } if contains(e.approve, "models")],
    [{
      name = "Release-${e.name}"
      actions = concat(
        [for built in [e] : { name = "Images", project = local._projects["models-${e.name}"], variables = { ENVIRONMENT = e.name, TARGETS = "images" } } if e.images],
        [{ name = "Retrain", project = local._projects["models-${e.name}"], run_order = 2, variables = { ENVIRONMENT = e.name, TARGETS = "retrain" } }],
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

  # What a push has to change for it; `**` covers what lies directly in a folder too, and `*` says so once more where
  # all depends on it. At most 8 each.
  _pipelines = merge(
    {
      dags           = { stages = local._dags_stages, paths = ["dags/*", "dags/**", "buildspec-dags.yml"] }
      infrastructure = { stages = local._infrastructure, paths = ["terraform/**", "modules/**", "envs/**", "lambda/**", "training/*", "training/**", "src/stockcast/**", "dags/*.txt"] }
      models         = { stages = local._models_stages, paths = ["training/*", "training/**", "serving/*", "serving/**", "src/stockcast/*", "src/stockcast/**"] }
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
