"""CodeBuild: projects, report groups, and builds that run their buildspec's commands as processes of this machine."""
