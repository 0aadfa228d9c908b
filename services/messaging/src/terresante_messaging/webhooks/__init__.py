"""Webhooks: what happens becomes deliveries, and deliveries are sent."""
