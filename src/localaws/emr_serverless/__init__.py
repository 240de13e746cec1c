"""EMR Serverless: applications as they are asked for, and runs of Spark scripts that really run."""
