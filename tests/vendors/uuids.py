"""UUIDs of the mdevs that tests create."""


def uuid(n):
    """The UUID that begins with a number."""
    return f"{n:08x}-0000-0000-0000-000000000000"
