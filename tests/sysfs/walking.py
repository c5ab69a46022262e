"""What is in a tree, and where its links lead."""

import posixpath
import stat


def walk(tree, top=""):
    """Yield every path below *top* with its stat; links are not followed."""
    for name in tree.list(top or "/"):
        path = f"{top}/{name}"
        found = tree.stat(path)
        yield path, found
        if stat.S_ISDIR(found.mode):
            yield from walk(tree, path)


def files(tree):
    """Every file with its permissions."""
    return {path: stat.S_IMODE(one.mode) for path, one in walk(tree) if stat.S_ISREG(one.mode)}


def links(tree):
    """Every link with the place it leads to."""
    return {path: resolve(tree, path) for path, one in walk(tree) if stat.S_ISLNK(one.mode)}


def resolve(tree, path):
    """Where a link leads, which must be seen from its own directory."""
    target = tree.readlink(path)
    assert not target.startswith("/"), path
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))


def read(tree, path):
    """The whole content of a file."""
    with tree.open(path, reading=True) as file:
        return file.read(1 << 16)


def write(tree, path, data):
    """One write to a file."""
    with tree.open(path, writing=True) as file:
        return file.write(data)
