"""The shipped cohort, as numbers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qh1a.cohort.draw import STRATA
from qh1a.cohort.model import load_cohort
from qh1a.cohort.rows import read_rows
from qh1a.config import root

SOURCE: Final = root() / "cohorts" / "aclf-300.toml"
FILE: Final = SOURCE.with_suffix(".csv")
COHORT: Final = load_cohort(SOURCE)
ROWS: Final = read_rows(FILE)
PUBLISHED_MELD: Final = (27.2, 5.5, 303)
"""Mean, sd, patients ([F72] of the clinical reference); nothing is drawn from it."""


def column(name: str, *strata: str, sex: str = "") -> NDArray[np.float64]:
    """A column of some strata (without any: of all), and of one sex or both."""
    rows = [r for r in ROWS if r["stratum"] in (strata or STRATA) and sex in ("", r["sex"])]
    return np.array([float(r[name]) for r in rows])
