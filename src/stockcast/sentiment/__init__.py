"""What the news says of a symbol, in numbers, on the trading day on which it could first be known."""
