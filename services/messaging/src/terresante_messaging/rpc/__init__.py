"""The doors of messaging: one module a service or use case."""
