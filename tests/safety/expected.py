"""What the sources say of every rule: `expected.csv`, transcribed from them and never from the tables.

One row per rule: `source` names where each figure stands, and after "chosen:" what the sources leave open.
Where the tables differ from a source, the row keeps the source's word, `deviates` what is in force instead
(`field=value`, `armed+STATE`, `armed-STATE`) and `reason` why; a row with `missing` is a rule of the sources
that the tables do not have. The limit itself trips, in every row: most sources say "above", one grid step on.
"""

import csv
from pathlib import Path
from typing import Final, NamedTuple

from qh1a.channels import BY_ID, Channel
from qh1a.hazards import Side
from qh1a.tick import Actuator, Priority, Response, State

FILE: Final = Path(__file__).with_name("expected.csv")
MISSING: Final = "missing"


class Row(NamedTuple):
    """One rule, its limit as a number in its channel's unit."""

    id: str
    channel: Channel
    side: Side
    limit: float
    delay_s: float
    priority: Priority
    latch: bool
    response: Response
    armed: frozenset[State]
    holds: tuple[Actuator, ...]
    stops: tuple[Actuator, ...]
    suppressed_by: tuple[str, ...]


Cells = dict[str, str]


def read() -> list[Cells]:
    """The file as it stands."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def row_of(cells: Cells) -> Row:
    """The typed row; a word that does not exist is an error."""
    return Row(
        cells["id"],
        BY_ID[cells["channel"]],
        Side[cells["side"].upper()],
        float(cells["limit"]),
        float(cells["delay_s"]),
        Priority[cells["priority"]],
        {"yes": True, "no": False}[cells["latch"]],
        Response[cells["response"]],
        frozenset(State[name] for name in cells["armed"].split()),
        tuple(Actuator[name] for name in cells["holds"].split()),
        tuple(Actuator[name] for name in cells["stops"].split()),
        tuple(cells["suppressed_by"].split()),
    )


def in_force(cells: Cells) -> Cells:
    """The cells with their deviations applied; one that changes nothing is an error."""
    now = dict(cells)
    for item in cells["deviates"].split():
        states = now["armed"].split()
        if item.startswith("armed+"):
            assert item[6:] not in states, (cells["id"], item)
            now["armed"] = " ".join([*states, item[6:]])
        elif item.startswith("armed-"):
            states.remove(item[6:])
            now["armed"] = " ".join(states)
        else:
            field, _, value = item.partition("=")
            assert now[field] != value, (cells["id"], item)
            now[field] = value
    return now


CELLS: Final = read()
RULED: Final = [cells for cells in CELLS if cells["deviates"] != MISSING]
ROWS: Final = tuple(row_of(in_force(cells)) for cells in RULED)
"""What the tables must say: the sources, and the deviations that stand beside them."""
BY_RULE: Final = {row.id: row for row in ROWS}
