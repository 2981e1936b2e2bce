"""The installed core is compiled from these sources, and decides what they decide."""

import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from qh1a.config import Configuration
from qh1a.control import kernel
from qh1a.record import SessionFile
from qh1a.replay import replay
from tests.system import snapshots
from tests.system.commands import environment, finish, qh1a, start


def _headers_compile() -> bool:
    compiler = shlex.split(str(sysconfig.get_config_var("CC") or "cc"))
    command = [*compiler, f"-I{sysconfig.get_path('include')}", "-fsyntax-only", "-x", "c", "-"]
    try:
        subprocess.run(command, input="#include <Python.h>\n", text=True, capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False
    return True


def test_the_installed_core_is_compiled_where_it_can_be(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import qh1a.control.kernel as k; print(k.__file__)"]
    said = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    installed = Path(said.stdout.strip())
    assert installed.is_relative_to(sys.prefix)
    assert (installed.suffix == ".so") == _headers_compile()


def test_tests_import_the_plain_sources() -> None:
    assert Path(kernel.__file__) == Path(__file__).parents[2] / "qh1a" / "control" / "kernel.py"


@pytest.fixture(scope="module")
def kinked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bench session with alarms, responses and a pause in it."""
    path = tmp_path_factory.mktemp("kinked") / "s.qh1a"
    args = ("--faults", "return-line-kink.toml", "--speed", "max", "--seed", "7", "--out", str(path))
    qh1a(path.parent, "run", "bench-10min.toml", *args)
    return path


@pytest.mark.parametrize("session", ["recorded", "kinked"])
def test_the_plain_core_decides_what_the_installed_one_decided(
    session: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(session)
    with SessionFile(path) as file:
        c = Configuration.from_tree(file.header.configs)
        result = replay(file, lambda: kernel.Kernel(c.prescription, c.limits, c.tuning, c.rig))
        assert result.ticks == file.ticks
    assert result.ticks > 3_000
    assert result.divergence is None


def test_the_installed_core_goes_on_from_its_snapshots(tmp_path: Path, kinked: Path) -> None:
    with start(tmp_path, str(kinked), script=Path(snapshots.__file__)) as process:
        said = finish(process)
    assert (said.code, said.out) == (0, "0\n"), said
