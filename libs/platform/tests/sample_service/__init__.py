"""A package with only the platform's tables, for the platform's own tests."""
