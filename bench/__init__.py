"""Measures the platform against its budgets, with bare baselines in the same run: `python -m bench --help`."""
