"""The platform is tested with a small package of its own that has nothing but the platform's tables."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def package() -> str:
    return "sample_service"
