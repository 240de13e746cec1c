locals {
  # An action's settings, a map of texts to CodePipeline, with a build's variables as JSON in it.
  _settings = { for stage in var.stages : stage.name => { for action in stage.actions : action.name => { for key, value in {
    CustomData = action.message
    EnvironmentVariables = action.project == null ? null : jsonencode([
      for name, value in merge(action.variables, { STOCKCAST_COMMIT = "#{SourceVariables.CommitId}" }) : { name = name, type = "PLAINTEXT", value = value }
    ])
    ExternalEntityLink = action.link
    NotificationArn    = action.project == null ? var.topic.arn : null
    PrimarySource      = action.project == null ? null : action.inputs[0]
    ProjectName        = action.project
  } : key => value if value != null } } }
}

resource "aws_codepipeline" "this" {
  name           = var.name
  pipeline_type  = "V2"
  execution_mode = "QUEUED" # a push never overtakes another, and none is lost
  role_arn       = module.role.arn

  artifact_store {
    location = var.artifacts.bucket
    type     = "S3"
    encryption_key {
      id   = var.artifacts.kms_key_arn
      type = "KMS"
    }
  }

  dynamic "trigger" {
    for_each = length(var.file_paths) > 0 ? [var.file_paths] : []
    content {
      provider_type = "CodeStarSourceConnection"
      git_configuration {
        source_action_name = "Source"
        dynamic "push" {
          for_each = chunklist(trigger.value, 8) # what a filter takes; one that fits is enough
          content {
            branches { includes = [var.repository.branch] }
            file_paths { includes = push.value }
          }
        }
      }
    }
  }

  stage {
    name = "Source"
    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      namespace        = "SourceVariables"
      output_artifacts = ["source"]
      configuration = {
        BranchName           = var.repository.branch
        ConnectionArn        = var.connection_arn
        DetectChanges        = "false" # else a second trigger starts everything at every push, whatever it changed
        FullRepositoryId     = var.repository.id
        OutputArtifactFormat = "CODE_ZIP"
      }
    }
  }

  dynamic "stage" {
    for_each = var.stages
    content {
      name = stage.value.name

      dynamic "before_entry" {
        for_each = stage.value.skipped_where == null ? [] : [stage.value.skipped_where]
        content {
          condition {
            result = "SKIP" # what happens where the rule does not hold
            rule {
              name = "SomethingToDo"
              rule_type_id {
                category = "Rule"
                owner    = "AWS"
                provider = "VariableCheck"
                version  = "1"
              }
              configuration = {
                Operator = "NE"
                Value    = before_entry.value.is
                Variable = before_entry.value.variable
              }
            }
          }
        }
      }

      dynamic "action" {
        for_each = stage.value.actions
        content {
          name             = action.value.name
          category         = action.value.project == null ? "Approval" : "Build"
          owner            = "AWS"
          provider         = action.value.project == null ? "Manual" : "CodeBuild"
          version          = "1"
          run_order        = action.value.run_order
          namespace        = action.value.namespace
          configuration    = local._settings[stage.value.name][action.value.name]
          input_artifacts  = action.value.project == null ? [] : action.value.inputs
          output_artifacts = action.value.output == null ? [] : [action.value.output]
        }
      }
    }
  }
}
