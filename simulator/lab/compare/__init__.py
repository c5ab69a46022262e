"""Schemes side by side on one fleet: ``scheme compare``."""
