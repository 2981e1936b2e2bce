"""What several commands refuse alike."""

from pathlib import Path
from typing import Final

from qh1a.cli.say import RefusedError

SEED_MAX: Final = 2**63 - 1
"""Seeds are kept as 64-bit integers."""


def refuse_plant(plant: str) -> None:
    """Refuse a plant that this version cannot run."""
    if plant == "rig":
        raise RefusedError(where="--plant", value=plant, allowed="not available in this version, allowed sim")
    if plant != "sim":
        raise RefusedError(where="--plant", value=plant, allowed="allowed sim")


def refuse_seed(seed: int) -> None:
    """Refuse a seed that a record cannot keep."""
    if not 0 <= seed <= SEED_MAX:
        raise RefusedError(where="--seed", value=seed, allowed=f"allowed 0 to {SEED_MAX}")


def refuse_out(path: Path) -> None:
    """Refuse a file that exists, or that has no folder to be in."""
    if path.exists():
        allowed = "exists already and is not overwritten; name another with --out"
        raise RefusedError(where=str(path), allowed=allowed)
    if not path.parent.is_dir():
        raise RefusedError(where=str(path), allowed=f"there is no folder {path.parent}")
