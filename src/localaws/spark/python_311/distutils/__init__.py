"""What Spark 3.5 asks of `distutils`, which Python 3.11 of Glue has and Python 3.12 of this machine has not."""
