"""Lines as first-in first-out chains of parcels: plug flow in either direction (physics reference 1.3.3).

A parcel is a row: volume in mL, then the amount of each species. The parcels of a line lie in a ring; `ring`
holds the index of the first and how many there are; the other rows are 0. What enters joins the parcel at
that end while it is smaller than the line's parcel size, so the number of parcels stays bounded and the front
of a step is at most one parcel wide; its mean delay is exactly volume over flow. A line whose parcel size is
its own volume and more is a well-mixed tank.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.sim.jit import compiled

PARCEL_ML: Final = 1.0
"""Size at which a parcel is full: 0.6 s at 100 mL/min (physics reference 2.2: 1-2 mL)."""
MIXED_ML: Final = 1e9
FIRST: Final = 0
COUNT: Final = 1
SPARE: Final = 4
"""Parcels beyond volume over size: one part-filled at each end, one on its way."""


def capacity(volume_ml: float, size_ml: float) -> int:
    """Rows that a line of this volume needs."""
    return int(volume_ml / size_ml) + SPARE


@compiled
def enter(
    parcels: NDArray[np.float64],
    ring: NDArray[np.float64],
    at_start: bool,
    size: float,
    volume: float,
    amounts: NDArray[np.float64],
) -> None:
    """Let `volume` mL with `amounts` enter at one end of a line."""
    rows, first, count = parcels.shape[0], int(ring[FIRST]), int(ring[COUNT])
    row = first if at_start else (first + count - 1) % rows
    if parcels[row, 0] >= size:
        if at_start:
            row = (first - 1) % rows
            ring[FIRST] = row
        else:
            row = (first + count) % rows
        ring[COUNT] = count + 1
    parcels[row, 0] += volume
    for k in range(amounts.shape[0]):
        parcels[row, 1 + k] += amounts[k]


@compiled
def leave(
    parcels: NDArray[np.float64],
    ring: NDArray[np.float64],
    at_start: bool,
    volume: float,
    amounts: NDArray[np.float64],
) -> None:
    """Let `volume` mL leave at one end; `amounts` becomes what they carry. At least one parcel stays."""
    rows, left = parcels.shape[0], volume
    for k in range(amounts.shape[0]):
        amounts[k] = 0.0
    while left > 0.0:
        first, count = int(ring[FIRST]), int(ring[COUNT])
        row = first if at_start else (first + count - 1) % rows
        held = parcels[row, 0]
        # The last parcel is never taken whole: a line always holds its volume, but for rounding.
        if held <= left and count > 1:
            for k in range(amounts.shape[0]):
                amounts[k] += parcels[row, 1 + k]
            parcels[row, :] = 0.0
            left -= held
            ring[COUNT] = count - 1
            if at_start:
                ring[FIRST] = (first + 1) % rows
        else:
            share = left / held
            for k in range(amounts.shape[0]):
                part = share * parcels[row, 1 + k]
                amounts[k] += part
                parcels[row, 1 + k] -= part
            parcels[row, 0] = held - left
            left = 0.0


@compiled
def at(parcels: NDArray[np.float64], ring: NDArray[np.float64], position: float) -> int:
    """Row of the parcel that lies `position` mL from the start of a line; the last one beyond its end."""
    rows, first, count = parcels.shape[0], int(ring[FIRST]), int(ring[COUNT])
    passed = 0.0
    for i in range(count):
        row = (first + i) % rows
        passed += parcels[row, 0]
        if passed > position:
            return row
    return (first + count - 1) % rows
