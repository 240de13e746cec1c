"""CodePipeline: pipelines whose stages really run, begun by a push to a repository on this machine."""
