"""Brings a Keycloak's realms to what `deploy/keycloak` says: makes what is missing, changes what is ours and differs.

`python -m terresante_deploy.realms` (see `__main__.py`). What our files do not name is the operator's and stays: users
and their credentials, keys, mail, other clients and scopes; so do, once they exist, secrets, the theme, and whatever is
filled in by a setting that is not given (docs/decisions/0015-realms.md).
"""
