"""
What Python 3.11 lacks of Linux: namespaces, mounts and a few calls more, through the C library.

Every function raises `OSError` with the errno of its system call.

Source: general knowledge, include/uapi/linux/{sched,mount,prctl,sockios,if}.h.
"""

import ctypes
import fcntl
import os
import socket
import struct

__all__ = [
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWUSER",
    "MNT_DETACH",
    "MS_BIND",
    "MS_NODEV",
    "MS_NOEXEC",
    "MS_NOSUID",
    "MS_PRIVATE",
    "MS_REC",
    "adopt_orphans",
    "bring_loopback_up",
    "mount",
    "umount",
    "unshare",
]

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2
_UMOUNT_NOFOLLOW = 8
_PR_SET_CHILD_SUBREAPER = 36
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_IFREQ = "16sh22x"


def _call(name: str, *args: int | bytes | None, path: str | None = None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc[name](*(ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)


def unshare(flags: int) -> None:
    """Move this process into new namespaces, ``CLONE_NEW…``. It must not have threads yet."""
    _call("unshare", flags)


def mount(
    source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None
) -> None:
    """Mount, bind or change the propagation, by *flags*."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    _call("mount", *words[:3], flags, words[3], path=target)


def umount(target: str, flags: int = MNT_DETACH) -> None:
    """Unmount; by default at once, whoever uses it. A link is not followed: EINVAL."""
    _call("umount2", os.fsencode(target), flags | _UMOUNT_NOFOLLOW, path=target)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent has ended."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bring_loopback_up() -> None:
    """Set ``lo`` up, which is down in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack(_IFREQ, b"lo", 0))
        flags = struct.unpack(_IFREQ, request)[1] | _IFF_UP
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack(_IFREQ, b"lo", flags))
