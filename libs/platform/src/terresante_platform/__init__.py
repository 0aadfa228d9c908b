"""What every process of the platform stands on.

Imported before anything else of a process (each service's `__init__.py` sees to it), because gRPC's C library reads its
environment once, when it is imported: lines that it would write by itself are no JSON and carry addresses. What they
tell of reaches the logs as the status of the call.
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "NONE")
