"""Trees that are hostile but legal: everything varies that the kernel does not promise."""
