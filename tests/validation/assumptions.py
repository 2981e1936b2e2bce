"""What is assumed: read out of the comments of the shipped files, and what no file says."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.validation.table import table

CONFIGS: Final = Path(__file__).parents[2] / "configs"
FILES: Final = ("rigs/sim.toml", "patients/aclf-typical.toml")
_MARKED: Final = re.compile(r"\[design|\[recalled|\(recalled|\[fitted")
_TABLE: Final = re.compile(r"\[([a-zA-Z0-9_.]+)\]")
_KEY: Final = re.compile(r"(\w+) = ([^#{]+?)\s+#")

_HEAD = """\
## What is assumed

Beyond the figures, and beyond what [simulator.md](simulator.md) says is not followed:

- The rig is the project's own reference circuit. Nothing of the real device's hydraulics, cells, membranes or
  cut-offs is public, so every validation here is of laws and arithmetic, never of the device.
- Plasma runs through the lumen and the shell is closed (configuration A). With another choice more of it
  would reach the cells.
- Cells are spread evenly, die by rates that add up, and do not grow, move or adapt within hours.
- How long cells live in patients' plasma is unknown; complement kills none unless a rig says so.
- One red cell's radius stands for all that blood does at the membrane
  ([ADR 0013](adr/0013-separator-radius.md)).
- Clots, fouling and cake grow evenly over the fibres that are open.
- Both pools of a solute start at the same concentration; the body generates into the central one, at a rate
  that treatment does not change.
- The patient neither bleeds nor is given anything unless a file says so.
- The patient's temperature and venous blood gases stay as given.

Figures marked as chosen, recalled or fitted, read from the comments of the shipped files; sources and reasons
stand there, those of the sensors in `configs/devices/sensors.toml`, channel by channel.
"""


def marked(text: str) -> Iterator[tuple[str, str, str]]:
    """Table, key and value of every figure whose comment, or whose table's comment, marks it."""
    name, whole = "", False
    for line in text.splitlines():
        head = _TABLE.match(line)
        if head:
            name, whole = head[1], bool(_MARKED.search(line[head.end() :]))
            continue
        key = _KEY.match(line) or (re.match(r"(\w+) = ([^#{]+)$", line) if whole else None)
        if key and (whole or _MARKED.search(line[key.end() - 1 :])):
            yield name, key[1], key[2].strip()


def _rows(file: str) -> Iterator[Sequence[str]]:
    found: dict[str, list[str]] = {}
    for name, key, value in marked((CONFIGS / file).read_text(encoding="utf-8")):
        found.setdefault(name, []).append(f"{key} {value}")
    for name, keys in found.items():
        yield f"`{name}`" if name else "the person", "; ".join(keys)


def section() -> str:
    """The page's section."""
    parts = (f"`configs/{file}`\n\n{table(('table', 'figures'), _rows(file))}" for file in FILES)
    return "\n".join((_HEAD, *parts))
