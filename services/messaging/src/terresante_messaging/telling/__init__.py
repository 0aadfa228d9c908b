"""Telling people: what the log says becomes notifications and mail, each decided when it is told."""
