"""Every import contract holds on the tree, and breaks, alone, on one forbidden import."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))

LAYERS = "layers"
CORE = "the core does no I/O and reads no clock"
CLOCK = "only the clock reads time and nothing draws from random"
SIMULATOR = "the simulator knows neither control nor hazards"
COMPOSITION = "only composition roots import the simulator"
SUPERVISOR = "supervisor and loops import nothing of each other"
VIEW = "the views know the session from the link alone"
FIRMWARE = "nothing imports firmware_bridge"

# Contract, file that gets the import, the import.
FORBIDDEN = [
    (LAYERS, "runtime.py", "import qh1a.report"),
    (LAYERS, "record/__init__.py", "import qh1a.script"),
    (LAYERS, "cohort/__init__.py", "import qh1a.whatif"),
    (LAYERS, "stray.py", "import qh1a.units"),
    (CORE, "control/pid.py", "import logging"),
    (CORE, "hazards.py", "import numpy"),
    (CORE, "units.py", "import os"),
    (CLOCK, "runtime.py", "import time"),
    (CLOCK, "sim/__init__.py", "from random import random"),
    (SIMULATOR, "sim/__init__.py", "import qh1a.control"),
    (SIMULATOR, "sim/__init__.py", "from qh1a import hazards"),
    (COMPOSITION, "report/__init__.py", "import qh1a.sim"),
    (SUPERVISOR, "control/supervisor.py", "from qh1a.control import loops"),
    (SUPERVISOR, "control/loops.py", "from qh1a.control import supervisor"),
    (VIEW, "console/desk.py", "from qh1a.control import session"),
    (VIEW, "console/app.py", "import qh1a.record"),
    (VIEW, "watch/pages.py", "import qh1a.record"),
    (VIEW, "mqtt/outbox.py", "from qh1a.control import session"),
    (VIEW, "mqtt/publisher.py", "import qh1a.record"),
    (FIRMWARE, "cli.py", "import firmware_bridge"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "qh1a", tmp_path / "qh1a", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(tree: Path) -> dict[str, str]:
    """KEPT or BROKEN of each contract on a tree."""
    command = [LINT_IMPORTS, "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    found = {
        name: verdict
        for line in done.stdout.splitlines()
        for name, _, verdict in [line.split(" (")[0].rpartition(" ")]
        if verdict in {"KEPT", "BROKEN"}
    }
    assert found, done.stdout + done.stderr
    return found


def test_the_tree_keeps_every_contract_and_each_is_proved_here(copy: Path) -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["name"] for contract in config["tool"]["importlinter"]["contracts"]}
    assert verdicts(copy) == dict.fromkeys(contracts, "KEPT")
    assert {name for name, _, _ in FORBIDDEN} == contracts


@pytest.mark.parametrize(("contract", "file", "line"), FORBIDDEN)
def test_one_forbidden_import_breaks_its_contract_and_no_other(
    copy: Path, contract: str, file: str, line: str
) -> None:
    with (copy / "qh1a" / file).open("a") as source:
        source.write(f"\n{line}\n")
    assert [name for name, verdict in verdicts(copy).items() if verdict == "BROKEN"] == [contract]
