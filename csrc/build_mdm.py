"""
Build the extension ``simulator.fleet._mdm`` from the C core.

The declarations are those between the two marks of ``mdm.h``; there is no second copy. Set
``MDM_SANITIZE=address,undefined`` to build with sanitizers, ``MDM_COVERAGE=1`` to count branches.
"""

import os
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "/* cdef: begin */", "/* cdef: end */"

FLAGS = (
    "-std=c11",
    "-O3",
    "-pthread",
    # Nobody else calls the core, so its files call each other directly.
    "-fvisibility=hidden",
    # A cdef that drifts from the header is otherwise only a warning.
    "-Werror=int-conversion",
    "-Werror=incompatible-pointer-types",
)
"""What the core is compiled with, after Python's own flags."""


def declarations() -> str:
    """Return what stands between the marks of the header."""
    header = (ROOT / "csrc" / "mdm.h").read_text(encoding="utf-8")
    _, rest = header.split(BEGIN)
    return rest.split(END)[0]


def sources() -> list[str]:
    """Return the C files, as setuptools wants them: relative to the project."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "csrc").glob("mdm_*.c"))


_sanitizers = os.environ.get("MDM_SANITIZE", "")
_sanitize = [f"-fsanitize={_sanitizers}", "-fno-sanitize-recover=all"] if _sanitizers else []
_counts = os.environ.get("MDM_COVERAGE", "") != ""
_count = ["-O0", "--coverage", "-fprofile-update=atomic"] if _counts else []

ffibuilder = FFI()
ffibuilder.cdef(declarations() + "void *capsule_new(void *stream);")
ffibuilder.set_source(
    "simulator.fleet._mdm",
    '#include "mdm.h"\n#include "capsule.h"',
    sources=sources(),
    include_dirs=["csrc"],
    depends=sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "csrc").glob("*.h")),
    py_limited_api=True,
    extra_compile_args=[*FLAGS, *_sanitize, *_count],
    extra_link_args=["-pthread", *_sanitize, *_count],
)
