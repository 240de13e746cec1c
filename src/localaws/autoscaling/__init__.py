"""Application Auto Scaling for SageMaker's endpoints: what may scale, how far, and by which alarms."""
