"""Calls between services: `allow` who may, `server` serves, `client` calls, `errors` carries refusals across."""
