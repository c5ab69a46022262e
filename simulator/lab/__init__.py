"""The laboratory: what a scheme allows, refuses and breaks, measured before any kernel code."""
