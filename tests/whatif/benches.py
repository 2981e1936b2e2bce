"""Benches as `qh1a tune` makes them, in a treatment that has settled a little."""

import dataclasses
from functools import cache

from qh1a.cli.plant import Bedside, build_plant, load_parts
from qh1a.config import Configuration
from qh1a.control.kernel import Kernel
from qh1a.runtime import Operator
from qh1a.script import ScriptedOperator
from qh1a.whatif.bench import Bench, Moment
from qh1a.whatif.relay import treat


def silent(_: str, done: float, of: float) -> None:
    """No progress is shown."""
    assert 0.0 <= done <= max(of, done)


def bench(operator: Operator | None = None, *, hours: float | None = 8.0, perfusion: float = 100.0) -> Bench:
    """A bench session at its very beginning; with no hours it is as long as prescribed."""
    overrides = {"prescription.flows.perfusion_ml_min": perfusion}
    c = Configuration.load("bench-10min.toml", overrides=overrides)
    p = c.prescription
    if hours is not None:
        heparin = dataclasses.replace(p.anticoagulation, cap_ml=60.0)  # for as long
        p = dataclasses.replace(p, nominal_h=hours, anticoagulation=heparin)
    plant = build_plant(load_parts(p, "sim.toml", "aclf-typical.toml", None, {}), p, 1)
    kernel = Kernel(p, c.limits, c.tuning, c.rig)
    return Bench(plant, kernel, operator or ScriptedOperator.of("auto", p), lambda: Bedside(plant))


@cache
def _settled(minutes: float) -> tuple[Bench, Moment]:
    made = bench()
    treat(made, 60.0 * minutes, silent)
    return made, made.snapshot()


def settled(minutes: float = 1.0) -> Bench:
    """One and the same bench, put back to so much of treatment."""
    made, moment = _settled(minutes)
    made.restore(moment)
    return made
