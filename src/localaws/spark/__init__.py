"""Spark on this machine, for Glue and EMR Serverless: a run that is started really runs, or fails and says why."""
