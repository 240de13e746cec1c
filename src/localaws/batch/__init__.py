"""AWS Batch: compute environments, queues and job definitions as they are asked for, and jobs that really run."""
