"""`python -m tests.mutation [module...]`: which small wrongs in the safety core do its tests not notice?

Each mutant is one changed operator, constant, name or statement. The module's fastest tests run until the
first one fails; a mutant that they all pass is tried on all its tests, and has survived when these pass too.
Exit code 1 when one survives that is not in `accepted.toml`.
"""

import sys
import time  # noqa: TID251 - of the machine that runs this
import tomllib
from pathlib import Path
from typing import Final

from tests.mutation.forked import REPO, Stage, survivors
from tests.mutation.operators import mutants

WORKERS: Final = 2
FAST_S: Final = 60.0
ALL_S: Final = 300.0
SMALL: Final = "not healthy_hour and not whole_session and not any_wish and not every_machine"
"""Without the long tests, which are for those that the others let pass."""
LESS: Final = {
    "control/session.py": "not interlocks_hold and not heparin",
    "control/supervisor.py": "not machine",
}
"""Without what does not concern the module."""
TESTS: Final = {
    "control/validate.py": (("validate",), ("core",)),
    "control/session.py": (
        ("small_wrongs_session", "session_machine"),
        ("session_machine", "endings", "exploration"),
    ),
    "control/alarms.py": (
        ("small_wrongs_alarms", "alarm_signals"),
        ("endings", "expected_behaviour", "core", "alarm_battery"),
    ),
    "control/supervisor.py": (
        ("small_wrongs_supervisor", "interlocks", "supervisor"),
        ("core", "clamps", "supervisor", "exploration"),
    ),
    "control/plausible.py": (("plausible",), ("plausible", "core")),
    "hazards/rules.py": (
        ("tables", "expected_behaviour", "small_wrongs_alarms"),
        ("alarm_battery", "table_mutants", "endings"),
    ),
    "hazards/responses.py": (("tables", "expected_behaviour"), ("supervisor", "core", "alarm_battery")),
    "hazards/register.py": (("tables",), ("expected_behaviour",)),
    "hazards/node.py": (("sim/test_node.py",), ("tables",)),
}
"""The fewest and fastest tests that reach every line of a module, and the others that look at it.
`hazards/limits.py` is data: test_table_mutants."""


def stages(module: str) -> list[Stage]:
    """What is run on each mutant of a module, and on those that it leaves."""

    def paths(names: tuple[str, ...]) -> list[str]:
        found = (f"tests/{n}" if n.endswith(".py") else f"tests/safety/test_{n}.py" for n in names)
        return [path for path in found if (REPO / path).exists()]

    fast, every = TESTS[module]
    return [Stage(paths(fast), FAST_S, SMALL), Stage(paths(every), ALL_S, LESS.get(module, ""))]


def battery(module: str) -> list[str]:
    """The mutants of a module that survive, as `accepted.toml` names them."""
    source = (REPO / "qh1a" / module).read_text(encoding="utf-8")
    lines = source.splitlines()
    if not list(survivors(module, [source], stages(module), 1)):
        msg = f"the tests of {module} fail without a mutant"
        raise SystemExit(msg)
    began = time.monotonic()
    every = list(mutants(source))
    alive = []
    for number in survivors(module, (m.source for m in every), stages(module), WORKERS):
        mutant = every[number]
        text = lines[mutant.line - 1].strip()
        print(f"  {module}:{mutant.line}: {mutant.what}    | {text}", flush=True)  # noqa: T201
        alive.append(f"{module}: {mutant.what}: {text}")
    each = (time.monotonic() - began) / len(every)
    print(f"{module}: {len(every)} mutants, {len(every) - len(alive)} noticed, {each:.2f} s each", flush=True)  # noqa: T201
    return alive


def main(modules: list[str]) -> int:
    """Run the batteries of these modules, of all without any."""
    accepted = tomllib.loads(Path(__file__).with_name("accepted.toml").read_text(encoding="utf-8"))
    reviewed = {row["mutant"] for row in accepted["accepted"]}
    alive = [what for module in modules or TESTS for what in battery(module)]
    return int(bool(set(alive) - reviewed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
