"""SageMaker's container contract kept by plain processes: folders, variables, logs, artefacts, model servers."""
