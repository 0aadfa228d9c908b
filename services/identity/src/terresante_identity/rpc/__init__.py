"""One method per RPC: to read a method is to read the use case. `service.py` serves IdentityService, `linkage.py`
LinkageService; `access.py` asks consent, `performing.py` carries acts out, `desk.py` is what they have in common.
"""
