locals {
  _names = var.environments[*].name

  # The one role that a build of this environment may take.
  _deploy_roles = { for e in var.environments : e.name => {
    for kind in ["apply", "plan", "release"] : kind => "arn:${data.aws_partition.current.partition}:iam::${e.account_id}:role/stockcast-${e.name}-${kind}"
  } }

  # `reads` and `writes`: artifacts that a build's actions take in and hand on, as `<pipeline>/<artifact>`.
  _checks = {
    dags-check  = { reads = ["dags/source"], writes = ["dags/checked"], what = "Checks the DAGs." }
    infra-check = { reads = ["infrastructure/source"], writes = ["infrastructure/checked"], what = "Checks Terraform and builds the packages." }
  }
  _plans   = { for e in var.environments : "infra-plan-${e.name}" => e }
  _applies = { for e in var.environments : "infra-apply-${e.name}" => e }
  _dags    = { for e in var.environments : "dags-${e.name}" => e }
  _models  = { for e in var.environments : "models-${e.name}" => e }

  _read_by_plans = { for e in var.environments : e.name => concat(["infrastructure/source", "infrastructure/plan_${e.name}"], var.drift == null ? [] : ["drift/source"]) }

  _builds = merge(
    { for name, check in local._checks : name => merge(check, { role = null, minutes = 60, docker = false }) },
    { for name, e in local._plans : name => { reads = local._read_by_plans[e.name], writes = ["infrastructure/plan_${e.name}"], what = "Plans, verifies and looks for drift in ${e.name}.", role = local._deploy_roles[e.name].plan, minutes = 60, docker = false } },
    # MWAA takes half an hour to come up and hours to find out that it cannot.
    { for name, e in local._applies : name => { reads = ["infrastructure/source", "infrastructure/plan_${e.name}"], writes = [], what = "Applies the plan of ${e.name}.", role = local._deploy_roles[e.name].apply, minutes = 240, docker = false } },
    { for name, e in local._dags : name => { reads = ["dags/source"], writes = [], what = "Brings the DAGs to ${e.name}.", role = local._deploy_roles[e.name].release, minutes = 60, docker = false } },
    { for name, e in local._models : name => { reads = ["models/source"], writes = [], what = "Brings images to ${e.name} and asks for a training run.", role = local._deploy_roles[e.name].release, minutes = 120, docker = e.images } },
  )
}

module "build" {
  for_each           = local._builds
  source             = "../../modules/build"
  name               = "${local._prefix}-${each.key}"
  description        = each.value.what
  artifacts          = module.artifacts.store
  boundary_arn       = local._boundary
  builds_images      = each.value.docker
  buildspec          = startswith(each.key, "infra-") ? "buildspec-infra.yml" : "buildspec-dags.yml"
  deploy_role_arn    = each.value.role
  log_retention_days = var.retention.log_days
  machine            = var.builds
  reads              = [for artifact in each.value.reads : "stockcast-${artifact}"]
  timeout_minutes    = each.value.minutes
  variables          = var.build_variables
  writes             = [for artifact in each.value.writes : "stockcast-${artifact}"]
}
