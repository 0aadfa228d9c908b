"""What machines a number of people needs, reckoned from what the other benches found (docs/sizing.md)."""
