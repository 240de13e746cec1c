"""What only Airflow code knows and DAG files share. Nothing here knows prices."""
