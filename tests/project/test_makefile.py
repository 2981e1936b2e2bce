"""`make` explains itself, and names what the machine lacks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(tree: Path, *arguments: str, first_on_path: Path | None = None) -> subprocess.CompletedProcess[str]:
    # Without what an outer `make` hands down, so that the answer is that of a fresh call.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    env.pop("PYTHON", None)
    if first_on_path is not None:
        env["PATH"] = f"{first_on_path}{os.pathsep}{env['PATH']}"
    command = ["make", *arguments]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def python_that(tree: Path, script: str) -> Path:
    """Put a `python3` that runs `script` into a folder of its own."""
    folder = tree / "bin"
    folder.mkdir()
    (folder / "python3").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "python3").chmod(0o755)
    return folder


def test_make_alone_lists_every_target_with_one_line_each() -> None:
    listed = re.findall(r"^make (\S+) +\S", make(ROOT).stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: help (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert listed == phony[1].split()
    assert {"run", "test", "test-system", "test-long", "lint", "bench", "clean"} <= set(listed)


def test_a_python_without_ensurepip_is_named_with_its_apt_line(copy: Path) -> None:
    folder = python_that(copy, f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"')
    done = make(copy, "test", first_on_path=folder)
    assert done.returncode == 2
    assert "apt-get install python3-venv" in done.stderr
    assert not (copy / ".venv").exists()


def test_a_python_that_is_too_old_is_named_with_its_version(copy: Path) -> None:
    folder = python_that(copy, 'case "$*" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    done = make(copy, "test", first_on_path=folder)
    assert done.returncode == 2
    assert "3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "apt-get install python3.11 python3.11-venv" in done.stderr


def test_no_python_is_named_with_its_apt_line(copy: Path) -> None:
    done = make(copy, "test", "PYTHON=python-that-is-not-there")
    assert done.returncode == 2
    assert "apt-get install python3 python3-venv" in done.stderr
