"""The directory service. The platform comes first: it quiets gRPC, which reads its environment when imported."""

import terresante_platform  # noqa: F401 -- for what its import does
