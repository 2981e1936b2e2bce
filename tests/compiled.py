"""Compile the physics before any test begins: it takes longer than a test may."""

from qh1a.cli.plant import load_parts, warm_up
from qh1a.config import Configuration

if __name__ == "__main__":
    prescription = Configuration.load("bench-10min.toml").prescription
    warm_up(load_parts(prescription, "sim.toml", "aclf-typical.toml", None, {}), prescription)
