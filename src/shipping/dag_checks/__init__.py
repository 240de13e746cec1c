"""What the DAG pipeline asks before anything reaches Airflow: every gate that needs no AWS."""
