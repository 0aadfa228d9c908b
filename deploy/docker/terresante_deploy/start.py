"""An image's entry point: becomes the service that the image was built for (SERVICE)."""

import os
import sys


def main() -> None:
    """Becomes `python -m terresante_<service>`."""
    service = os.environ["SERVICE"]
    os.execv(sys.executable, [sys.executable, "-m", f"terresante_{service}"])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
