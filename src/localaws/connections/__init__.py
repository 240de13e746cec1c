"""CodeConnections: how a pipeline reaches a repository outside AWS."""
