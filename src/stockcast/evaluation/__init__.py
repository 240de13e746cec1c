"""How good forecasts are, beside what costs nothing: no files, no clock, no environment."""
