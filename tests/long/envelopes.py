"""The whole battery of the loops over the corners. As a program it writes the worst figures it found."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby
from multiprocessing import get_context
from typing import Final

from tests.sessions.corners import Corner
from tests.sessions.envelopes import CORNERS, ENVELOPES, LIMITS, LOADS, MS_MOST, STEPS, Limit
from tests.sessions.figures import Found, Pause, limit, load, pauses, steps
from tests.sessions.openloop import SLOW, sensitivities
from tests.sessions.published import FOUND, written

ANSWERS_S: Final = 1200.0
PAUSED: Final = (
    (Pause(5.0, "plasma", 60.0),),
    (Pause(0.0, "stopped", 5.0), Pause(3.0, "stopped", 5.0)),
    (Pause(10.0, "safe", 130.0), Pause(7.0, "plasma", 30.0)),
    (Pause(3.0, "patient_off", 200.0),),
    (Pause(1.0, "plasma", 600.0),),
    (Pause(1.0, "stopped", 280.0),),
)


def _limits(row: Limit) -> list[Found]:
    return [limit(row, fast=fast) for fast in (True, False)]


def _paused(corner: Corner) -> list[Found]:
    return [found for rows in PAUSED for found in pauses(corner, rows)]


def _robust(corner: Corner) -> list[Found]:
    ms = sensitivities(corner, ANSWERS_S)
    assert set(ms) == set(SLOW)
    return [
        Found(f"Ms: {name}", corner.name, most, 0.0, 0.0, () if 1.0 < most <= MS_MOST else ("too high",))
        for name, most in ms.items()
    ]


def items() -> dict[str, Callable[[], list[Found]]]:
    """Everything there is to run, by name; what one corner needs lies together."""
    out: dict[str, Callable[[], list[Found]]] = {}
    for corner in CORNERS:
        for name in ENVELOPES:
            if name in STEPS[corner.name] or name in SLOW:
                out[f"{corner.name}: step of {name}"] = partial(steps, corner, name)
        for row in LOADS:
            out[f"{corner.name}: {row.name}"] = partial(load, corner, row)
        out[f"{corner.name}: pauses"] = partial(_paused, corner)
        out[f"{corner.name}: maximum sensitivity"] = partial(_robust, corner)
    for restriction in LIMITS:
        out[f"limiter on {restriction.name}"] = partial(_limits, restriction)
    return out


def _run(names: list[str]) -> list[Found]:
    found = []
    for name in names:
        new = items()[name]()
        found += new
        wrong = "".join(f"\n  {f}" for f in new if f.wrong)
        sys.stderr.write(f"{name}{wrong}\n")
    return found


def main() -> None:
    """Run it all in two processes and write down the worst; say what is outside its envelope."""
    groups = [list(names) for _, names in groupby(items(), key=lambda name: name.partition(":")[0])]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [f for new in pool.map(_run, groups) for f in new]
    FOUND.write_text(written(found), encoding="utf-8")


if __name__ == "__main__":
    main()
