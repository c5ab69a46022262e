"""Fleets of descriptions, matched by the C core."""
