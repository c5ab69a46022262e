"""The rule wing: what devices publish, what they accept, and what follows."""
