# The environments' values, in envs/<environment>/platform.tfvars; every environment gives all of them save build_folder.

variable "account_id" {
  description = "The AWS account, 12 digits. The provider refuses any other."
  type        = string
  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "account_id is \"${var.account_id}\"; it must be 12 digits. `aws sts get-caller-identity` tells yours."
  }
}

variable "airflow" {
  description = "Whether the environment has Managed Airflow, and how large: see modules/airflow. It costs by the hour and cannot be paused."
  type = object({
    class   = optional(string, "mw1.micro")
    enabled = bool
    log_levels = optional(object({
      dag_processing = optional(string)
      scheduler      = optional(string)
      task           = optional(string)
      webserver      = optional(string)
      worker         = optional(string)
    }))
    maintenance_start = optional(string, "SUN:06:00")
    max_webservers    = optional(number)
    max_workers       = optional(number)
    min_webservers    = optional(number)
    min_workers       = optional(number)
    options           = optional(map(string), {})
    schedulers        = optional(number)
    startup_script    = optional(string)
    version           = string
    webserver_access  = optional(string, "PUBLIC_ONLY")
  })
}

variable "alerts" {
  description = <<-EOT
    Who hears alerts, by a name that stays, such as `{ on_call = { endpoint = "on-call@example.com" } }`, and the Slack
    channel that does: see modules/alerts.
  EOT
  type = object({
    slack         = optional(object({ channel_id = string, team_id = string }))
    subscriptions = optional(map(object({ endpoint = string, protocol = optional(string, "email") })), {})
  })
}

variable "approval" {
  description = "Who approves a model that passed its gate: `automatic`, or `manual` for a person in the Model Registry."
  type        = string
  validation {
    condition     = contains(["automatic", "manual"], var.approval)
    error_message = "approval is \"${var.approval}\"; choose automatic or manual."
  }
}

variable "asleep" {
  description = <<-EOT
    Whether the environment is first made without what costs by the hour. Afterwards `make sleep` and `make wake` decide:
    `make plan` passes on what the state's output of this name says.
  EOT
  type        = bool
}

variable "budget" {
  description = "USD a month that the environment may cost, and a day's surprise that is worth a message: see modules/budget."
  type        = object({ anomaly_usd = number, monthly_limit_usd = number })
}

variable "build_folder" {
  description = "Where `make package` puts zips, job code and their manifest, seen from here."
  type        = string
  default     = "../../build"
  validation {
    condition     = fileexists("${var.build_folder}/manifest.json")
    error_message = "build_folder is \"${var.build_folder}\", which holds no manifest.json. Run `make package` first."
  }
}

variable "environment" {
  description = "The environment's name, such as `dev`; part of every name."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment is \"${var.environment}\"; use 2 to 12 of a-z and 0-9, starting with a letter."
  }
  validation {
    condition     = !contains(["check", "delivery"], var.environment)
    error_message = "environment is \"${var.environment}\"; check and delivery are the pipelines' own names, and its roles could not be told from theirs. Rename it."
  }
}

variable "history_start" {
  description = "First day of bars to fetch, such as `2000-01-01`."
  type        = string
  validation {
    condition     = can(regex("^\\d{4}-\\d{2}-\\d{2}$", var.history_start)) && can(timeadd("${var.history_start}T00:00:00Z", "0s"))
    error_message = "history_start is \"${var.history_start}\"; write a day as YYYY-MM-DD, such as 2000-01-01."
  }
}

variable "images" {
  description = <<-EOT
    Tags of the two images, as they were pushed; tags are immutable. One that is left out is made from what is in the
    image, so that a new image is a new tag by itself: `make images` builds and pushes it.
  EOT
  type        = object({ jobs_tag = optional(string), serving_tag = optional(string) })
  validation {
    condition     = alltrue([for tag in values(var.images) : can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", tag)) && tag != "latest" if tag != null])
    error_message = "images is ${jsonencode(var.images)}; a tag takes letters, digits, ., _ and -, and is not `latest`, which tells nothing."
  }
}

variable "market" {
  description = <<-EOT
    Where bars come from. `sources` are asked in their order, each only where those before it failed: `yahoo`, and
    `base_url` may be any API that answers as Yahoo's chart API does; `alpha_vantage`, whose key a person puts into the
    secret `<prefix>-market-keys`, on a `free` or `paid` plan of so many requests a day; `stooq`. See docs/data.md.
  EOT
  type = object({
    alpha_vantage = optional(object({
      base_url     = optional(string, "https://www.alphavantage.co")
      daily_budget = optional(number, 25)
      plan         = optional(string, "free")
    }), {})
    base_url = string
    sources  = optional(list(string), ["yahoo"])
    stooq    = optional(object({ base_url = optional(string, "https://stooq.com") }), {})
  })
  validation {
    condition     = can(regex("^https?://[^/\\s]+$", var.market.base_url))
    error_message = "market.base_url is \"${var.market.base_url}\"; give scheme and host without a path, such as https://query1.finance.yahoo.com."
  }
  validation {
    condition     = can(regex("^https://|^http://(127\\.0\\.0\\.1|localhost)(:\\d+)?$", var.market.alpha_vantage.base_url))
    error_message = "market.alpha_vantage.base_url is \"${var.market.alpha_vantage.base_url}\"; the access key is part of each request, so begin it with https://."
  }
  validation {
    condition     = alltrue([for url in [var.market.alpha_vantage.base_url, var.market.stooq.base_url] : can(regex("^https?://[^/\\s]+$", url))])
    error_message = "market has the addresses \"${var.market.alpha_vantage.base_url}\" and \"${var.market.stooq.base_url}\"; give scheme and host without a path, such as https://www.alphavantage.co."
  }
  validation {
    condition     = length(var.market.sources) > 0 && length(setsubtract(var.market.sources, ["alpha_vantage", "stooq", "yahoo"])) == 0 && length(distinct(var.market.sources)) == length(var.market.sources)
    error_message = "market.sources is ${jsonencode(var.market.sources)}; name one or more of yahoo, alpha_vantage and stooq, each once, the first asked first."
  }
  validation {
    condition     = contains(["free", "paid"], var.market.alpha_vantage.plan)
    error_message = "market.alpha_vantage.plan is \"${var.market.alpha_vantage.plan}\"; choose free or paid."
  }
  validation {
    condition     = var.market.alpha_vantage.daily_budget >= 0 && var.market.alpha_vantage.daily_budget == floor(var.market.alpha_vantage.daily_budget)
    error_message = "market.alpha_vantage.daily_budget is ${var.market.alpha_vantage.daily_budget}; give a whole number of requests a day, 25 with a free key."
  }
}

variable "network" {
  description = "Airflow's VPC: range, zones, ways out and flow logs, see modules/network. Range and zones cannot change later."
  type = object({
    cidr      = optional(string, "10.20.0.0/16")
    endpoints = optional(bool, false)
    flow_logs = optional(string, "REJECT")
    nat       = optional(string, "single")
    zones     = optional(set(string), ["a", "b"])
  })
  validation {
    condition     = !var.airflow.enabled || var.network.nat != "none" || var.network.endpoints
    error_message = "network.nat is \"none\" and network.endpoints is false while airflow.enabled is true; Airflow would never come up without a way out. Choose nat single or per_zone, or endpoints = true."
  }
}

variable "protect_data" {
  description = "Whether buckets with objects and repositories with images refuse to be destroyed."
  type        = bool
}

variable "region" {
  description = "The AWS region, such as `us-east-1`."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d$", var.region))
    error_message = "region is \"${var.region}\"; it must look like us-east-1."
  }
}

variable "retention" {
  description = <<-EOT
    Days after which things go: log lines, and what the lake's buckets let go of, see modules/lake. A number that is left
    out there switches its rule off.
  EOT
  type = object({
    lake = optional(object({
      abort_uploads_days       = optional(number)
      archive_after_days       = optional(number)
      expire_old_versions_days = optional(number)
      logs_days                = optional(number)
    }), {})
    log_days = number
  })
}

variable "schedule" {
  description = <<-EOT
    When the ingestion function runs by itself, in UTC and after the market's close, so that bronze goes on growing while
    Airflow sleeps. The DAG fetches the same days again without harm.
  EOT
  type = object({
    enabled    = bool
    expression = optional(string, "cron(30 22 ? * MON-FRI *)")
  })
}

variable "serving" {
  description = "The endpoint's machines, how they scale, and how a new model takes over: see modules/sagemaker."
  type = object({
    deployment = optional(object({
      bake_seconds = optional(number)
      kind         = string
      step_percent = optional(number)
      wait_seconds = optional(number)
    }))
    instance_count = number
    instance_type  = string
    scaling = optional(object({
      invocations_per_instance = optional(number)
      max_instances            = number
    }))
  })
}

variable "symbols" {
  description = "What is forecast, indices with ^, such as `[\"AMZN\", \"^GSPC\"]`. The market's series come from ^GSPC."
  type        = list(string)
  validation {
    condition     = length(var.symbols) > 0 && alltrue([for s in var.symbols : can(regex("^\\^?[A-Z0-9][A-Z0-9.-]{0,14}$", s))])
    error_message = "symbols is ${jsonencode(var.symbols)}; give at least one, each of A-Z, 0-9, . and -, indices with a leading ^."
  }
  validation {
    condition     = length(distinct(var.symbols)) == length(var.symbols)
    error_message = "symbols is ${jsonencode(var.symbols)}; name each only once."
  }
}

variable "tracking" {
  description = "Where trainings' runs are kept: a `server` of SageMaker's that stands already, by name, or null for a file in the models bucket. See modules/tracking."
  type        = object({ server = optional(string) })
}

variable "training" {
  description = <<-EOT
    Machines of jobs, and train.py's hyperparameters as strings, such as `{ epochs = "30" }`. `instance_count` machines
    share each batch of one training: for more symbols than one machine can hold, since a small network loses by it. `spot`
    trains on machines that cost a third and may be taken away at any time; the training goes on where it was. `backend`
    is `sagemaker`, or `batch` for a queue of AWS Batch, on spot always, with `batch` as the machine: see modules/batch.
  EOT
  type = object({
    backend = optional(string, "sagemaker")
    batch = optional(object({
      disk_gb   = optional(number)
      memory_gb = optional(number)
      vcpus     = optional(number)
    }), {})
    hyperparameters   = map(string)
    instance_count    = optional(number, 1)
    job_instance_type = optional(string, "ml.m5.large")
    spot              = optional(bool, false)
  })
  validation {
    condition     = can(regex("^ml\\.[a-z0-9-]+\\.[a-z0-9]+$", var.training.job_instance_type))
    error_message = "training.job_instance_type is \"${var.training.job_instance_type}\"; machines look like ml.m5.large."
  }
  validation { # these have a disk of their own, encrypted by hardware, and SageMaker refuses a key for them
    condition     = !can(regex("^ml\\.([cmr]\\d+[a-z]*d[a-z]*|g[4-9][a-z]*|p3dn|p[4-9][a-z]*|trn\\d[a-z]*)\\.", var.training.job_instance_type))
    error_message = "training.job_instance_type is \"${var.training.job_instance_type}\", which brings its own disk; SageMaker takes no key for one. Choose a type without, such as ml.m5.large."
  }
  validation {
    condition = length(setsubtract(keys(var.training.hyperparameters), [
      "batch_size", "dropout", "epochs", "learning_rate", "lookback", "patience", "seeds", "units",
    ])) == 0
    error_message = "training.hyperparameters has ${jsonencode(keys(var.training.hyperparameters))}; train.py takes batch_size, dropout, epochs, learning_rate, lookback, patience, seeds and units."
  }
  validation {
    condition = alltrue([
      for name, value in var.training.hyperparameters : can(regex(name == "seeds" ? "^\\d+(,\\d+)*$" : "^(\\d+\\.?\\d*|\\.\\d+)(e-?\\d+)?$", value))
    ])
    error_message = "training.hyperparameters is ${jsonencode(var.training.hyperparameters)}; each must be a number, such as \"30\" or \"0.002\", and seeds whole numbers with commas, such as \"0,1,2\"."
  }
  validation {
    condition     = var.training.instance_count >= 1 && var.training.instance_count <= 4 && floor(var.training.instance_count) == var.training.instance_count
    error_message = "training.instance_count is ${var.training.instance_count}; it must be 1 to 4. More would wait for each other longer than they learn."
  }
  validation {
    condition     = contains(["batch", "sagemaker"], var.training.backend)
    error_message = "training.backend is \"${var.training.backend}\"; choose batch or sagemaker."
  }
  validation {
    condition     = var.training.backend == "sagemaker" || var.training.instance_count == 1
    error_message = "training.instance_count is ${var.training.instance_count} with backend batch, which trains on one machine. Set it to 1, or train on SageMaker."
  }
}

variable "transform" {
  description = <<-EOT
    The engine that makes the feature table out of silver's bars, or none, the engines' sizes, and a crawler for what else
    lies in the lake: see modules/transform.
  EOT
  type = object({
    crawler = optional(object({ paths = set(string), schedule = optional(string) }))
    emr_serverless = optional(object({
      idle_minutes  = optional(number)
      max_memory_gb = optional(number)
      max_vcpus     = optional(number)
      python        = optional(string)
      release       = optional(string)
    }))
    engine = string
    glue = optional(object({
      late_after_minutes = optional(number)
      timeout_minutes    = optional(number)
      worker_type        = optional(string)
      workers            = optional(number)
    }))
    lambda = optional(object({
      disk_mb         = optional(number)
      memory_mb       = optional(number)
      timeout_seconds = optional(number)
    }))
  })
}
