"""The fuzz targets on all stored inputs: seeds, what fuzzing has found, what once broke a law."""

import shutil
import subprocess
from importlib import import_module

import pytest
from transcripts import ROOT

FUZZ = ROOT / "csrc" / "fuzz"
TARGETS = sorted(path.stem.removeprefix("fuzz_") for path in FUZZ.glob("fuzz_*.c"))
PATHS = {"portable", "sse2", "avx2", "avx512", "neon"}


@pytest.fixture(scope="module")
def fuzz():
    """The modules that build targets and read what is stored; they are not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield import_module("csrc.fuzz.build"), import_module("csrc.fuzz.corpus")


@pytest.fixture(scope="module")
def replays(fuzz, tmp_path_factory):
    """Every target, to replay files; with sanitizers where gcc has them."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc on this machine")
    build, _ = fuzz
    folder = tmp_path_factory.mktemp("fuzz")
    empty = folder / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    sanitizers = "address,undefined"
    command = ["gcc", f"-fsanitize={sanitizers}", empty, "-o", folder / "empty"]
    tried = subprocess.run(command, check=False, capture_output=True, timeout=300)
    how = build.Build("replay", "" if tried.returncode else sanitizers, "-O1")
    return build.build(how, TARGETS, folder)


@pytest.mark.parametrize("target", TARGETS)
def test_stored_inputs_break_no_law(fuzz, replays, tmp_path, target):
    """No stored input breaks the law of its target on any path, or is read beyond its end."""
    _, corpus = fuzz
    corpus.unpack(target, tmp_path / "inputs")
    assert any((tmp_path / "inputs").iterdir())
    # An input without a byte is one, too.
    (tmp_path / "inputs" / "empty").write_bytes(b"")
    done = subprocess.run(
        [replays[target], tmp_path / "inputs"], check=False, capture_output=True, timeout=600
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]


def test_replay_tells_of_a_file_that_is_not_there(replays, tmp_path):
    """A name that leads nowhere is an error, so that a wrong folder is not taken for a success."""
    done = subprocess.run([replays["lines"], tmp_path / "none"], check=False, capture_output=True)
    assert done.returncode == 1
    assert b"none" in done.stderr


def test_paths_are_words_of_the_core(fuzz):
    """The runner knows the paths by the words of the core, and the portable one is always there."""
    build, _ = fuzz
    assert "portable" in build.paths()
    assert set(build.paths()) <= PATHS


def test_targets_are_found(fuzz):
    """Every file of a target is a target of the runner."""
    build, _ = fuzz
    assert list(build.TARGETS) == TARGETS
    assert {"lines", "list", "program", "rule", "saved", "arrow"} <= set(TARGETS)


def test_what_is_kept_comes_back(fuzz, tmp_path, monkeypatch):
    """What fuzzing found is stored as text, and comes back byte by byte beside the seeds."""
    _, corpus = fuzz
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    (tmp_path / "seeds" / "lines").mkdir(parents=True)
    (tmp_path / "seeds" / "lines" / "one").write_bytes(b"seed")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a").write_bytes(b"\xff\x00\n")
    corpus.keep("lines", tmp_path / "new")
    assert list(corpus.inputs("lines")) == [b"seed", b"\xff\x00\n"]
    corpus.unpack("lines", tmp_path / "all")
    assert sorted(file.read_bytes() for file in (tmp_path / "all").iterdir()) == [
        b"seed",
        b"\xff\x00\n",
    ]
