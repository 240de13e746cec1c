"""From parsed rows to clean bars: what is refused goes to quarantine with its reason, nothing is ever filled."""
