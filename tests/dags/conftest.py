"""What pytest leaves out here: inside/ imports Airflow, so test_inside_airflow.py runs it in Airflow's environment."""

collect_ignore = ["inside"]
