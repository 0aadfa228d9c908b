"""Tests of the consent service."""
