"""The demo's own PostgreSQL, NATS, Keycloak, and the secrets between everything. Never in production."""
