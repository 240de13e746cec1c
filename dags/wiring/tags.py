"""Whose bill a thing is on: what DAGs make carries the same tags as what Terraform makes."""


def tags() -> list[dict[str, str]]:
    return [
        {"Key": "Environment", "Value": "{{ var.value.environment }}"},  # the budget counts by this one
        {"Key": "ManagedBy", "Value": "airflow"},
        {"Key": "Project", "Value": "stockcast"},
    ]
