"""The verbs of the scheme laboratory, one module each: ``scheme lint``, ``scheme laws``, …."""
