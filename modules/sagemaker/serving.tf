# How the endpoint changes and grows, in the words that the AWS API takes: the DAGs hand them on as they are.
locals {
  _deployment = var.serving.deployment
  _is_shifted = local._deployment.kind != "ALL_AT_ONCE"

  _bake_seconds = coalesce(local._deployment.bake_seconds, local._is_shifted ? 300 : 0)
  _wait_seconds = coalesce(local._deployment.wait_seconds, local._is_shifted ? 300 : 0)
  _step         = { Type = "CAPACITY_PERCENT", Value = local._deployment.step_percent }

  # A canary waits once; a line waits after every step. Half an hour beside that is for the machines to start.
  _waits           = { ALL_AT_ONCE = 1, CANARY = 1, LINEAR = ceil(100 / local._deployment.step_percent) }[local._deployment.kind]
  _timeout_seconds = local._waits * local._wait_seconds + local._bake_seconds + 1800

  endpoint_deployment = jsonencode(merge(
    {
      BlueGreenUpdatePolicy = {
        MaximumExecutionTimeoutInSeconds = local._timeout_seconds
        TerminationWaitInSeconds         = local._bake_seconds
        TrafficRoutingConfiguration = merge(
          { Type = local._deployment.kind, WaitIntervalInSeconds = local._wait_seconds },
          local._deployment.kind == "CANARY" ? { CanarySize = local._step } : {},
          local._deployment.kind == "LINEAR" ? { LinearStepSize = local._step } : {},
        )
      }
    },
    length(var.rollback_alarms) == 0 ? {} : {
      AutoRollbackConfiguration = { Alarms = [for alarm in var.rollback_alarms : { AlarmName = alarm }] }
    },
  ))

  endpoint_scaling = var.serving.scaling == null ? "{}" : jsonencode({
    MaxCapacity = var.serving.scaling.max_instances
    MinCapacity = var.serving.instance_count
    TargetTrackingScalingPolicyConfiguration = {
      PredefinedMetricSpecification = { PredefinedMetricType = "SageMakerVariantInvocationsPerInstance" }
      ScaleInCooldown               = 300
      ScaleOutCooldown              = 60
      TargetValue                   = var.serving.scaling.invocations_per_instance
    }
  })
}
