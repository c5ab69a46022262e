"""Numbers for a history of feature sets, and what they cannot say: ``scheme versions``."""
