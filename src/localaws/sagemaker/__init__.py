"""SageMaker, our own: what was asked for is kept in memory, jobs and endpoints really run."""
