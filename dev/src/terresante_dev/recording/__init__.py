"""Real exchanges of a fresh sandbox, kept as the examples of the API: `python -m terresante_dev.recording`."""
