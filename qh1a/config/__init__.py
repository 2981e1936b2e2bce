"""Configuration: TOML files into checked, frozen values, and the words for what is wrong with them."""

from qh1a.config.checks import Problem, prescription_problems, rig_problems, tuning_problems
from qh1a.config.configuration import (
    Configuration,
    digest,
    load_limits,
    load_prescription,
    load_rig,
    load_tuning,
)
from qh1a.config.files import resolve, root, shipped
from qh1a.config.load import build, build_limits, canonical, load, parse_set, to_tree
from qh1a.config.tables import ConfigError, FieldRow, read, rows_of

__all__ = [
    "ConfigError",
    "Configuration",
    "FieldRow",
    "Problem",
    "build",
    "build_limits",
    "canonical",
    "digest",
    "load",
    "load_limits",
    "load_prescription",
    "load_rig",
    "load_tuning",
    "parse_set",
    "prescription_problems",
    "read",
    "resolve",
    "rig_problems",
    "root",
    "rows_of",
    "shipped",
    "to_tree",
    "tuning_problems",
]
