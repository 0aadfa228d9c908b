"""The workbench's browser side: its libraries from a lock file, and a real Chromium for tests (dev/README.md)."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
CACHE = ROOT / ".run" / "cache" / "browser"
"""What was fetched for tests. Any of it may be deleted while no test runs; it comes back by itself."""
