output "grants" {
  description = "Statements for a role that submits trainings and waits for them."
  value = {
    follow_batch = { # neither can be narrowed
      actions   = ["batch:DescribeJobs", "batch:ListJobs"]
      resources = ["*"]
    }
    submit_to_batch = {
      actions = ["batch:SubmitJob"]
      resources = concat(
        [aws_batch_job_queue.this.arn],
        [for end in ["", ":*"] : "arn:${local._partition}:batch:${local._region}:${local._account}:job-definition/${local._name}${end}"],
      )
    }
  }
}

output "log_group" {
  description = "Where trainings write."
  value       = aws_cloudwatch_log_group.this.name
}

output "run" {
  description = "What whoever submits a training has to know, as JSON: `definition`, `queue` and `log_group`."
  value = jsonencode({
    definition = local._name # the newest revision of it
    log_group  = aws_cloudwatch_log_group.this.name
    queue      = aws_batch_job_queue.this.name
  })
}
