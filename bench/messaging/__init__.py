"""Conversations at their load: python -m bench.messaging (docs/performance.md)."""
