"""Tables and queries of the directory, one file per subject: each takes a connection and gives domain values."""
