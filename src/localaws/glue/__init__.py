"""Glue's Spark jobs, really run: the emulator keeps the jobs, the runs are ours."""
