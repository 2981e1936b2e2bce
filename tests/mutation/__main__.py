"""`python -m tests.mutation [module...]`: which small wrongs in the safety core do its tests not notice?

Each mutant is one changed operator, constant, name or statement. It goes into a copy of the tree, where the
module's tests run until the first one fails; a mutant whose tests all pass has survived. Exit code 1 when
one survives that is not in `accepted.toml`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.mutation.operators import Mutant, mutants

REPO: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = 2
SLOWEST_S: Final = 120.0
"""A mutant that makes its tests hang is noticed."""
SMALL: Final = "not healthy_hour and not whole_session and not any_wish"
TESTS: Final = {
    "control/validate.py": ("validate",),
    "control/session.py": ("session_machine",),
    "control/alarms.py": ("alarm_signals", "alarm_battery"),
    "control/supervisor.py": ("interlocks", "supervisor"),
    "control/plausible.py": ("plausible",),
    "hazards/rules.py": ("tables", "expected_behaviour"),
    "hazards/responses.py": ("tables", "expected_behaviour"),
    "hazards/register.py": ("tables",),
}
"""The fewest tests that reach every line of a module. `hazards/limits.py` is data: test_table_mutants."""


def survives(mutant: Mutant, module: str, tree: Path) -> bool:
    """Run the module's tests in the copy, with the wrong in it."""
    path = tree / "qh1a" / module
    whole = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    files = [f"tests/safety/test_{name}.py" for name in TESTS[module]]
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-k", SMALL, *files]
    try:
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider"],
            cwd=tree,
            capture_output=True,
            check=False,
            timeout=SLOWEST_S,
            env=os.environ | {"PYTHONPATH": str(tree)},
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(whole, encoding="utf-8")
    return done.returncode == 0


def copied(folder: Path) -> Path:
    """A tree of its own."""
    for name in ("qh1a", "configs", "tests", "docs", "pyproject.toml"):
        source = REPO / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        else:
            shutil.copy(source, folder)
    return folder


def battery(module: str) -> list[str]:
    """The mutants of a module that survive, as `accepted.toml` names them."""
    source = (REPO / "qh1a" / module).read_text(encoding="utf-8")
    lines = source.splitlines()
    every = list(mutants(source))
    with tempfile.TemporaryDirectory() as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for n in range(WORKERS):
            free.put(copied(Path(folder, str(n))))
        sound = free.get()
        if not survives(Mutant(0, "nothing", source), module, sound):
            msg = f"the tests of {module} fail without a mutant"
            raise SystemExit(msg)
        free.put(sound)

        def lives(mutant: Mutant) -> bool:
            tree = free.get()
            try:
                alive = survives(mutant, module, tree)
                if alive:
                    text = lines[mutant.line - 1].strip()
                    print(f"  {module}:{mutant.line}: {mutant.what}    | {text}", flush=True)  # noqa: T201
                return alive
            finally:
                free.put(tree)

        with ThreadPoolExecutor(WORKERS) as pool:
            alive = [m for m, lived in zip(every, pool.map(lives, every), strict=True) if lived]
    print(f"{module}: {len(every)} mutants, {len(every) - len(alive)} noticed", flush=True)  # noqa: T201
    return [f"{module}: {m.what}: {lines[m.line - 1].strip()}" for m in alive]


def main(modules: list[str]) -> int:
    """Run the batteries of these modules, of all without any."""
    accepted = tomllib.loads(Path(__file__).with_name("accepted.toml").read_text(encoding="utf-8"))
    reviewed = {row["mutant"] for row in accepted["accepted"]}
    alive = [what for module in modules or TESTS for what in battery(module)]
    return int(bool(set(alive) - reviewed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
