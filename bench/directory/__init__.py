"""The directory at the size of a region (issue 5): filled through its own acts, then read as its users read it."""
