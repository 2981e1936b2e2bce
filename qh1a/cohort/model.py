"""A cohort's TOML file: distributions, correlations, strata, and what each column does to a patient."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Final, Literal

from annotated_types import Interval

from qh1a.config import ConfigError, load
from qh1a.settings import Text

Number = Annotated[float, Interval(ge=-1e6, le=1e6)]
Positive = Annotated[float, Interval(gt=0, le=1e6)]
NORMAL: Final = NormalDist()
QUARTILE: Final = NORMAL.inv_cdf(0.75)
"""A quartile's distance from the median, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One sampled column: by `mean` and `sd` or by quartiles, cut at `lo` and `hi`.

    Women have `female` more.
    """

    unit: Text
    shape: Literal["normal", "lognormal"]
    mean: Number | None = None
    sd: Positive | None = None
    q1: Number | None = None
    median: Number | None = None
    q3: Number | None = None
    origin: Number = 0.0
    female: Number = 0.0
    lo: Number
    hi: Number
    digits: Annotated[int, Interval(ge=0, le=4)]
    n: Annotated[int, Interval(ge=1, le=100000)]
    """Patients behind the figures."""
    source: Text

    def __post_init__(self) -> None:
        moments = (self.mean, self.sd).count(None)
        quartiles = (self.q1, self.median, self.q3).count(None)
        if (moments, quartiles) not in ((0, 3), (2, 0)):
            msg = "a variable has mean and sd, or q1, median and q3"
            raise ValueError(msg)
        if not self.lo < self.hi:
            msg = "lo is below hi"
            raise ValueError(msg)
        if self.shape == "lognormal" and (self.lo <= self.origin or self.female):
            msg = "a lognormal lies above its origin and is the same for women"
            raise ValueError(msg)
        if self.median is not None and not (self.q1 or 0.0) < self.median < (self.q3 or 0.0):
            msg = "quartiles rise"
            raise ValueError(msg)

    def halves(self) -> tuple[float, float, float]:
        """Median and the two standard deviations below and above it; of the logarithm for a lognormal."""
        if self.mean is not None and self.sd is not None:
            if self.shape == "normal":
                return self.mean, self.sd, self.sd
            mean = self.mean - self.origin
            square = math.log1p((self.sd / mean) ** 2)
            return math.log(mean) - square / 2.0, math.sqrt(square), math.sqrt(square)
        q1, median, q3 = (self.score(x or 0.0) for x in (self.q1, self.median, self.q3))
        return median, (median - q1) / QUARTILE, (q3 - median) / QUARTILE

    def score(self, x: float) -> float:
        """The scale on which both halves are normal."""
        return math.log(x - self.origin) if self.shape == "lognormal" else x

    def share_below(self, x: float, *, female: bool) -> float:
        """The share of the uncut distribution below `x`."""
        median, low, high = self.halves()
        z = self.score(x) - median - (self.female if female else 0.0)
        return NORMAL.cdf(z / (low if z < 0.0 else high))

    def value(self, share: float, *, female: bool) -> float:
        """The value with this share of the cut distribution below it, with its digits."""
        below, above = (self.share_below(x, female=female) for x in (self.lo, self.hi))
        z = NORMAL.inv_cdf(below + share * (above - below))
        median, low, high = self.halves()
        y = median + z * (low if z < 0.0 else high)
        x = self.origin + math.exp(y) if self.shape == "lognormal" else y + (self.female if female else 0.0)
        return min(max(round(x, self.digits), self.lo), self.hi)


@dataclass(frozen=True, slots=True)
class Meld:
    """The MELD score's weights, and from where on a patient is moderate and severe."""

    moderate: Positive
    severe: Positive
    bilirubin: Positive
    inr: Positive
    creatinine: Positive
    constant: Number
    bilirubin_umol_per_mg_dl: Positive
    creatinine_umol_per_mg_dl: Positive


@dataclass(frozen=True, slots=True)
class Sex:
    """The share of men."""

    male: Annotated[float, Interval(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Blood:
    """Blood volume in L from height in m and weight in kg."""

    cubed: Number
    weight: Number
    constant: Number


@dataclass(frozen=True, slots=True)
class Target:
    """A patient's key is `factor` times `column`."""

    column: Text
    factor: Positive = 1.0


@dataclass(frozen=True, slots=True)
class FromWeight:
    """What no column says: keys that go with weight, solutes in balance at the start, solutes in plasma."""

    keys: tuple[Text, ...]
    balanced: tuple[Text, ...]
    plasma: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort's file."""

    schema: Literal[1]
    seed: Annotated[int, Interval(ge=0, le=2**63 - 1)]
    each: Annotated[int, Interval(ge=1, le=300)]
    patient: Text
    meld: Meld
    sex: Sex
    blood: Mapping[Literal["male", "female"], Blood]
    variable: Mapping[str, Variable]
    correlation: Mapping[str, Mapping[str, Annotated[float, Interval(gt=-1, lt=1)]]]
    key: Mapping[str, Target]
    from_weight: FromWeight

    def __post_init__(self) -> None:
        known = self.variable.keys()
        for a, others in self.correlation.items():
            for b in others:
                if a not in known or b not in known or a == b or a in self.correlation.get(b, {}):
                    msg = f"correlation.{a}.{b} is not one of two variables, stated once"
                    raise ValueError(msg)


def load_cohort(path: Path) -> Cohort:
    """A cohort's file. Raises `ConfigError`, also where the correlations contradict each other."""
    cohort = load(Cohort, path)
    if factor(cohort) is None:
        raise ConfigError(str(path), "correlation", "", "these correlations contradict each other")
    return cohort


def factor(cohort: Cohort) -> list[list[float]] | None:
    """The correlation matrix's Cholesky factor, in the order of the variables; None without one."""
    names = list(cohort.variable)
    lower: list[list[float]] = []
    for i, a in enumerate(names):
        row: list[float] = []
        for j, b in enumerate(names[: i + 1]):
            rest = stated(cohort, a, b) - sum(row[k] * lower[j][k] for k in range(j)) if i != j else 0.0
            if i == j:
                square = 1.0 - sum(x * x for x in row)
                if square <= 0.0:
                    return None
                row.append(square**0.5)
            else:
                row.append(rest / lower[j][j])
        lower.append(row)
    return lower


def stated(cohort: Cohort, a: str, b: str) -> float:
    """The stated correlation of the normal scores of two variables."""
    return cohort.correlation.get(a, {}).get(b, cohort.correlation.get(b, {}).get(a, 0.0))
