"""Descriptions and hosts that ship with the package. Read them with ``mdevsim describe NAME``."""
