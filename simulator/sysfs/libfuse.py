"""libfuse3 by way of mfusepy, found where it is, and what is said when it is not."""

import ctypes
import os
from collections import deque
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

from simulator.sysfs.missing import MissingError

__all__ = ["Fuse", "check_device", "load_fuse"]

_LIBRARIES = ("libfuse3.so.3", "libfuse3.so.4")
_REMEDY = "the Debian package libfuse3-3"
_DEVICE = "/dev/fuse"
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_OWN_MAPPING = 128 << 10
"""Bytes from which a piece of memory is mapped alone: glibc's own choice, until it adapts."""
_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
"""Source: fuse_log.h fuse_log_func_t. A va_list is passed as a pointer."""


@dataclass(frozen=True, slots=True)
class Fuse:
    """
    The library.

    Attributes:
        module: mfusepy.
        library: The libfuse3 that it runs on, with the prototypes that mfusepy does not have.
        said: What libfuse said last, which it would print to standard error.
        log: What hears it; libfuse holds no reference.
    """

    module: Any
    library: ctypes.CDLL
    said: deque[str]
    log: Any


@cache
def load_fuse() -> Fuse:
    """
    Import mfusepy on libfuse3; with both versions installed it would take libfuse2.

    Raises:
        MissingError: The extra or the library is not there.
    """
    wanted = os.environ.get("FUSE_LIBRARY_PATH")
    name = next(filter(_loads, (wanted,) if wanted else _LIBRARIES), None)
    if name is None:
        where = f" ({wanted}, from FUSE_LIBRARY_PATH)" if wanted else ""
        raise MissingError(f"no libfuse3{where}", _REMEDY)
    os.environ["FUSE_LIBRARY_PATH"] = name
    try:
        module = import_module("mfusepy")
    except ImportError:
        raise MissingError("no Python module mfusepy", "pip install 'mdevsim[fuse]'") from None
    except (OSError, AttributeError):
        raise MissingError(f"{name} is no libfuse3", _REMEDY) from None
    finally:
        if wanted is None:
            del os.environ["FUSE_LIBRARY_PATH"]
    if module.fuse_version_major != 3:
        raise MissingError(f"{name} is no libfuse3", _REMEDY)
    library = ctypes.CDLL(name)
    _declare(library)
    _set_malloc()
    said: deque[str] = deque(maxlen=5)
    log = _LOG(partial(_hear, said))
    library.fuse_set_log_func(log)
    return Fuse(module, library, said, log)


def _declare(library: ctypes.CDLL) -> None:
    """Source: fuse.h, fuse_lowlevel.h."""
    pointer = ctypes.c_void_p
    library.fuse_get_context.restype = ctypes.POINTER(pointer)
    library.fuse_get_session.argtypes = [pointer]
    library.fuse_get_session.restype = pointer
    notify = library.fuse_lowlevel_notify_inval_entry
    notify.argtypes = [pointer, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_size_t]
    library.fuse_session_receive_buf.argtypes = [pointer, pointer]
    library.fuse_session_process_buf.argtypes = [pointer, pointer]
    library.fuse_session_process_buf.restype = None


def _set_malloc() -> None:
    """
    Have one arena of malloc, and the readers' buffers of a megabyte outside of it.

    What one thread allocates another frees, and each arena keeps the holes; one is enough beside
    the interpreter's lock. Without a limit malloc would count CPUs in ``/sys``, too: a server
    must not ask itself.

    Source: general knowledge, glibc malloc/arena.c arena_get2(), malloc.c __libc_free(); measured.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _hear(said: deque[str], _level: int, form: bytes, arguments: int) -> None:
    """Keep what libfuse would print to the standard error of whoever uses it."""
    text = ctypes.create_string_buffer(200)
    ctypes.CDLL(None).vsnprintf(text, len(text), form, ctypes.c_void_p(arguments))
    said.append(text.value.decode(errors="replace").strip().removeprefix("fuse: "))


def check_device() -> None:
    """
    Check that ``/dev/fuse`` can be used.

    Raises:
        MissingError: It cannot.
    """
    remedy = "the kernel module fuse (modprobe fuse) and the Debian package fuse3"
    try:
        os.close(os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except PermissionError as error:
        reason = f"no access to {_DEVICE} ({error.strerror})"
        raise MissingError(reason, f"mode 0666 for {_DEVICE}, as the package fuse3 sets") from None
    except OSError as error:
        raise MissingError(f"no {_DEVICE} ({error.strerror})", remedy) from None
