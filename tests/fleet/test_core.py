"""The C core without Python: compiled alone, under sanitizers where the compiler has them."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "csrc").glob("mdm_*.c"))
WARNINGS = [
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wstrict-prototypes"),
    *("-Werror", "-std=c11", "-O1", "-fsyntax-only"),
]


def _compiler(name: str) -> str:
    compiler = shutil.which(name)
    if compiler is None:
        pytest.skip(f"no {name} on this machine")
    return compiler


def _has_sanitizers(compiler: str, folder: Path) -> bool:
    program = folder / "empty.c"
    program.write_text("int main(void) { return 0; }\n")
    command = [compiler, "-fsanitize=address,undefined", program, "-o", folder / "empty"]
    built = subprocess.run(command, check=False, capture_output=True, timeout=300)
    return built.returncode == 0


# Each piece of an arena is a block of the allocator, which may be refused, and has no neighbours;
# the reader's inner loops are those of any other processor.
LONE_CHUNKS = ("-DMDM_LONE_CHUNKS", "-U__SSE2__", "-U__BYTE_ORDER__")
REFUSING = ["compiler_check", "core_check", "merge_check", "mistake_check", "reader_check"]
THREADS = ("-fsanitize=thread",)
SHARING = ["thread_check", "compiler_check", "merge_check"]


@pytest.fixture(scope="module")
def core(request, tmp_path_factory):
    """The compiler with its flags, and the objects of the core that it made with them."""
    folder = tmp_path_factory.mktemp("core")
    compiler = _compiler("gcc")
    flags = ["-std=c11", "-g", "-O1", *request.param]
    if request.param != THREADS and _has_sanitizers(compiler, folder):
        flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    subprocess.run([compiler, *flags, "-c", *SOURCES], check=True, cwd=folder, timeout=600)
    return (compiler, *flags), sorted(folder.glob("mdm_*.o"))


CHECKS = [
    *("argument_check", "arrow_check", "churn_check", "compiler_check", "core_check"),
    *("join_check", "merge_check", "mistake_check", "reader_check", "scan_check", "sweep_check"),
    "wish_check",
]


def _link(folder: Path, core: tuple, name: str) -> Path:
    compiler, objects = core
    program = folder / name
    check = Path(__file__).with_name(f"{name}.c")
    command = [*compiler, "-D_GNU_SOURCE", f"-I{ROOT / 'csrc'}", check, *objects, "-pthread"]
    subprocess.run([*command, "-o", program], check=True, timeout=300)
    return program


def _run(folder: Path, core: tuple, name: str) -> None:
    program = _link(folder, core, name)
    ran = subprocess.run([program], check=False, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("well\n")


@pytest.mark.parametrize("core", [()], indirect=True, ids=[""])
@pytest.mark.parametrize("name", CHECKS)
def test_core_keeps_its_promises(tmp_path, core, name):
    """Whatever the memory, the text and the clause, no call leaks, errs or does half a change."""
    _run(tmp_path, core, name)


@pytest.mark.parametrize("core", [LONE_CHUNKS], indirect=True, ids=[""])
@pytest.mark.parametrize("name", REFUSING)
def test_core_keeps_its_promises_in_lone_chunks_of_plain_c(tmp_path, core, name):
    """Each piece of an arena may be refused, and loops without vectors read the same."""
    _run(tmp_path, core, name)


@pytest.mark.parametrize("core", [THREADS], indirect=True, ids=[""])
@pytest.mark.parametrize("name", SHARING)
def test_threads_keep_out_of_each_others_way(tmp_path, core, name):
    """
    Threads share no memory unawares.

    Those that ask while another changes the fleet see it before or after each change, and those
    that encode sources together make what one makes.
    """
    program = _link(tmp_path, core, name)
    # The sanitizer knows no address space that is laid out as randomly as on some machines.
    ran = subprocess.run(
        ["setarch", "-R", program], check=False, capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stdout) == (0, "well\n"), ran.stderr


def _build_path_check(compiler: str, folder: Path, *flags: str) -> Path:
    program = folder / "path_check"
    check = Path(__file__).with_name("path_check.c")
    command = [compiler, "-std=c11", "-D_GNU_SOURCE", "-O1", *flags, f"-I{ROOT / 'csrc'}"]
    command += [check, *SOURCES, "-pthread", "-o", program]
    subprocess.run(command, check=True, timeout=300)
    return program


def _paths(*command: str | Path) -> list[str]:
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_every_path_of_this_processor_gives_the_same_answers(tmp_path):
    """Each path agrees with a plain loop, reads nothing outside, and the portable one is there."""
    compiler = _compiler("gcc")
    flags = ["-g"]
    if _has_sanitizers(compiler, tmp_path):
        flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    assert "portable" in _paths(_build_path_check(compiler, tmp_path, *flags))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="older x86-64 is emulated on x86-64")
@pytest.mark.parametrize(
    ("processor", "paths"),
    [("Nehalem", ["portable", "sse2"]), ("Haswell", ["portable", "sse2", "avx2"])],
)
def test_an_older_processor_takes_the_next_best_path(tmp_path, processor, paths):
    """What a processor lacks is not called, and the rest gives the same answers."""
    program = _build_path_check(_compiler("gcc"), tmp_path, "-static")
    assert _paths(_compiler("qemu-x86_64"), "-cpu", processor, program) == paths


def test_neon_gives_the_same_answers(tmp_path):
    """The path of 64-bit ARM, cross-compiled and emulated, agrees with a plain loop."""
    program = _build_path_check(_compiler("aarch64-linux-gnu-gcc"), tmp_path, "-static")
    assert _paths(_compiler("qemu-aarch64"), program) == ["portable", "neon"]


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_core_compiles_without_a_warning(name):
    """Both compilers take every file of the core with all warnings as errors."""
    command = [_compiler(name), *WARNINGS, *SOURCES]
    built = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stderr


def test_core_has_no_state_of_its_own(tmp_path):
    """No object of the core has a symbol that can be written to."""
    compiler = _compiler("gcc")
    nm = _compiler("nm")
    # Without PIC, constant tables of pointers need no relocation and count as constants.
    command = [compiler, "-std=c11", "-fno-pic", "-fno-pie", "-c", *SOURCES]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=300)
    made = sorted(tmp_path.glob("*.o"))
    symbols = subprocess.run(
        [nm, *made], check=True, capture_output=True, text=True, timeout=300
    ).stdout
    lines = [line.split() for line in symbols.splitlines()]
    assert [words for words in lines if len(words) == 3 and words[1] in "BbDdCc"] == []


def test_core_takes_memory_through_one_door():
    """Only the file of the allocator names the functions of the C library."""
    named = [
        source.name
        for source in SOURCES
        if any(call in source.read_text() for call in ("malloc(", "calloc(", "free(block"))
    ]
    assert named == ["mdm_memory.c"]
