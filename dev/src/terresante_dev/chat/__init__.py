"""A portal in miniature, in a browser: an example of the public API for those who write portals (README.md)."""
