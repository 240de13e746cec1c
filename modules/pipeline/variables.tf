variable "artifacts" {
  description = "The output `store` of modules/artifacts."
  type        = object({ arn = string, bucket = string, kms_key_arn = string })
}

variable "boundary_arn" {
  description = "The managed policy that the pipeline's role never exceeds; null sets no such limit."
  type        = string
  default     = null
}

variable "connection_arn" {
  description = "The connection to where the code lies, which somebody has to have made AVAILABLE."
  type        = string
  validation {
    condition     = can(regex("^arn:[a-z-]+:(codeconnections|codestar-connections):[a-z0-9-]+:\\d{12}:connection/\\S+$", var.connection_arn))
    error_message = "connection_arn is \"${var.connection_arn}\"; give the ARN of a connection, such as arn:aws:codeconnections:us-east-1:111111111111:connection/1a2b3c4d-...."
  }
}

variable "file_paths" {
  description = <<-EOT
    A push to the branch starts the pipeline where it changes one of these, by CodePipeline's globs: `dags/*` is what lies
    directly in dags/, `dags/**` also what lies deeper. Empty: nobody's push starts it.
  EOT
  type        = list(string)
  validation {
    condition     = length(var.file_paths) <= 24
    error_message = "file_paths has ${length(var.file_paths)} globs: ${jsonencode(var.file_paths)}; CodePipeline takes three filters of 8. Join some, such as lambda/** for all functions."
  }
  validation {
    condition     = alltrue([for path in var.file_paths : can(regex("^[A-Za-z0-9*][A-Za-z0-9*._/-]{0,254}$", path))])
    error_message = "file_paths is ${jsonencode(var.file_paths)}; write each as seen from the root of the repository, without a leading / or ./, such as dags/**."
  }
}

variable "name" {
  description = "The pipeline's name and its role's, such as `stockcast-dags`."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{2,63}$", var.name))
    error_message = "name is \"${var.name}\"; use 3 to 64 letters, digits and -, starting with a letter."
  }
}

variable "repository" {
  description = "Where the code lies and which branch is delivered: `{ id = \"you/stockcast\", branch = \"main\" }`."
  type        = object({ branch = string, id = string })
  validation {
    condition     = can(regex("^[\\w.-]+(/[\\w.-]+)+$", var.repository.id)) && can(regex("^[\\w.][\\w./-]*$", var.repository.branch))
    error_message = "repository is ${jsonencode(var.repository)}; id must be owner/name as in the repository's address, and branch one branch without a pattern."
  }
}

variable "stages" {
  description = <<-EOT
    What happens after the source, in order. An action runs its CodeBuild `project` with `variables` over its `inputs`, of
    which the first is the one it runs in; without a project it waits for a person, who reads `message` and finds more at
    `link`. Actions of one `run_order` run side by side. `skipped_where` passes a stage over while an earlier action's
    variable has that value.
  EOT
  type = list(object({
    name          = string
    skipped_where = optional(object({ is = string, variable = string }))
    actions = list(object({
      inputs    = optional(list(string), ["source"])
      link      = optional(string)
      message   = optional(string)
      name      = string
      namespace = optional(string)
      output    = optional(string)
      project   = optional(string)
      run_order = optional(number, 1)
      variables = optional(map(string), {})
    }))
  }))
  validation {
    condition     = length(var.stages) > 0 && alltrue([for stage in var.stages : length(stage.actions) > 0])
    error_message = "stages have ${jsonencode([for stage in var.stages : length(stage.actions)])} actions; a pipeline needs at least one stage after its source, and a stage at least one action."
  }
  validation {
    condition     = length(distinct(concat(["Source"], var.stages[*].name))) == 1 + length(var.stages)
    error_message = "stages are named ${jsonencode(concat(["Source"], var.stages[*].name))}; each name must stand once."
  }
  validation {
    condition     = alltrue([for stage in var.stages : length(distinct(stage.actions[*].name)) == length(stage.actions)])
    error_message = "stages have the actions ${jsonencode([for stage in var.stages : stage.actions[*].name])}; within a stage each name must stand once."
  }
  validation {
    condition     = length(distinct(compact(concat(["source"], flatten(var.stages[*].actions)[*].output)))) == 1 + length(compact(flatten(var.stages[*].actions)[*].output))
    error_message = "stages hand on the artifacts ${jsonencode(compact(concat(["source"], flatten(var.stages[*].actions)[*].output)))}; each name must stand once."
  }
  validation {
    condition = alltrue(flatten([for position, stage in var.stages : [for action in stage.actions : [
      for input in action.inputs : contains(concat(["source"], compact(flatten(slice(var.stages, 0, position)[*].actions)[*].output)), input)
    ]]]))
    error_message = "stages take the artifacts ${jsonencode(distinct(flatten(flatten(var.stages[*].actions)[*].inputs)))}; each must be source or the output of an action in an earlier stage."
  }
  validation {
    condition     = alltrue([for action in flatten(var.stages[*].actions) : action.link == null || (action.project == null && startswith(coalesce(action.link, "-"), "https://"))])
    error_message = "stages have the links ${jsonencode({ for action in flatten(var.stages[*].actions) : action.name => action.link... if action.link != null })}; each must start with https:// and belong to an approval."
  }
  validation {
    condition     = alltrue([for action in flatten(var.stages[*].actions) : (action.project == null) == (action.message != null)])
    error_message = "stages have the actions ${jsonencode([for action in flatten(var.stages[*].actions) : action.name if(action.project == null) != (action.message != null)])}; each needs either a project to run or a message to the person who approves, and not both."
  }
}

variable "topic" {
  description = "Who hears that something waits for approval: the topic's ARN, and the statements that let a role send there."
  type = object({
    arn = string
    grants = map(object({
      actions    = list(string)
      conditions = optional(list(object({ test = string, values = list(string), variable = string })), [])
      resources  = list(string)
    }))
  })
}
