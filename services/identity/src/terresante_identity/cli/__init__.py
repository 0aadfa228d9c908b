"""The command line of feeders and of measuring: `terresante-identity --help`. Files in, files out; no service."""
