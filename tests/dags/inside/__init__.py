"""Tests that need Airflow. They run in Airflow's own environment, without a network; run.py collects them."""
