"""The schema of the identity service, revision by revision."""
