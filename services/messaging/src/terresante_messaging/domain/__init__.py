"""Rules and words of messaging: pure, no I/O, no clock."""
