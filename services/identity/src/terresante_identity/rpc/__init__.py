"""The identity service, one method per RPC (`service.py`), and what it asks consent (`access.py`)."""
