"""EMR Serverless: applications as they are asked for. No job runs here yet, and a job that is started says so."""
