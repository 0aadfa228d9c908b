"""Measures matching: ours and Splink's on the same files in the same run. `python -m bench.identity --help`."""
