"""`python -m terresante_identity.cli`: the same as `terresante-identity`."""

import sys

from terresante_identity.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
