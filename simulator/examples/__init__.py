"""Descriptions, hosts and a history that ship with the package; the verbs read them by name."""
