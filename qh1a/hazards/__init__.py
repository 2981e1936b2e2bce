"""The tables of danger: limits, rules, responses, hazards.

Logic reads these tables, tests iterate over them, docs are made from them. Texts live in `configs/texts/`.
"""

from qh1a.hazards.limits import LIMITS, LimitRow
from qh1a.hazards.node import NODE_RULES
from qh1a.hazards.register import HAZARDS, Control, Hazard
from qh1a.hazards.responses import HOLD_S, LEAST_FLOW, RESPONSES, Restrict
from qh1a.hazards.rules import RULES, Rule, Side, unarmed

__all__ = [
    "HAZARDS", "HOLD_S", "LEAST_FLOW", "LIMITS", "NODE_RULES", "RESPONSES", "RULES",
    "Control", "Hazard", "LimitRow", "Restrict", "Rule", "Side", "unarmed",
]  # fmt: skip
