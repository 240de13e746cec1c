# Alarms and one dashboard over what others have made: airflow.tf, endpoint.tf, engines.tf and dashboard.tf. An alarm's
# description tells what it means and what to do; both its ringing and its end go to the topic. Functions bring their own.
