"""Words and rules of the directory, one file per subject. No I/O, no clock, no chance."""
