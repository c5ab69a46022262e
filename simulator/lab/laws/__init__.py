"""Laws that a scheme may keep, and the smallest devices that break them: ``scheme laws``."""
