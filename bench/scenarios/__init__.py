"""What is measured of the platform: each scenario says its load, checks that it was answered rightly, and names its
budget (architecture.md, "Budgets")."""
