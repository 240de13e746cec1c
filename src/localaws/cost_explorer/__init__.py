"""Cost Explorer as far as the platform uses it: monitors of cost anomalies, and who is told of them."""
