"""The protective node's own rules: for a host that is blind, wrong or dead.

Data only. Each stands behind a rule or an interlock of the host whose limit or delay is lower, so that a
host that is well has acted, and its clamps have closed and its rotors run out, before the node trips.
"""

from typing import Final

from qh1a.node import Fact, NodeRule, NodeTrip, Sense

_S, _F, _T = Sense, Fact, NodeTrip
_AIR_V: Final = _F.ACCESS_OPEN | _F.VC_OPEN
_AIR_P: Final = _F.ACCESS_OPEN | _F.PC_OPEN
_BLOOD: Final = _F.ACCESS_OPEN | _F.BLOOD_RUNS
_PLASMA: Final = _BLOOD | _F.RETURN_RUNS

NODE_RULES: Final = (
    NodeRule("N01", _S.T_W, True, "node_t_w_c", 0.0, _F.ALWAYS, _T.HEAT, ("H20",), "H20.3"),
    # Beside a closed clamp the host's R4 has done its work: clamps travel 0.2 s.
    NodeRule("N02", _S.AIR_V, True, "air_bubble_ml", 0.3, _AIR_V, _T.AIR, ("H01",), "H01.1"),
    NodeRule("N03", _S.AIR_P, True, "air_bubble_ml", 0.3, _AIR_P, _T.AIR_PLASMA, ("H03",), "H03.1"),
    # It does not know the phase: where plasma returns the host may allow the limit of the rinse-back, and
    # anywhere that of connecting.
    NodeRule("N04", _S.P_VEN, True, "p_ven_high_rinse_mmhg", 5.0, _PLASMA, _T.PRESSURE, ("H06",), "H06.2"),
    NodeRule("N05", _S.P_VEN, True, "p_ven_high_connect_mmhg", 5.0, _BLOOD, _T.PRESSURE, ("H06",), "H06.3"),
    NodeRule("N06", _S.P_VEN, False, "p_ven_low_mmhg", 5.0, _PLASMA, _T.LINE_OPEN, ("H05",), "H05.2"),
    NodeRule("N07", _S.P_VEN, False, "p_ven_open_mmhg", 5.0, _BLOOD, _T.LINE_OPEN, ("H05",), "H05.3"),
    NodeRule(
        "N08", _S.UNCLOSED, True, "clamps_missed", 1.0, _F.ALWAYS, _T.CLAMP_OPEN, ("H29", "H30"), "H29.1"
    ),
    NodeRule("N09", _S.TURNING, True, "node_turning_rpm", 0.6, _F.VC_CLOSED, _T.CLAMP_SHUT, ("H06",), "I1"),
    NodeRule("N10", _S.BACKWARDS, False, "pump_reverse_rpm", 2.0, _F.ALWAYS, _T.BACKWARDS, ("H28",), "H28.5"),
)
"""In the order in which they are looked at; the first whose delay is over gives the trip its code."""
