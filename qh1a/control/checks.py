"""The self-test and the test before connection, as tables: what must be GOOD and where when a step ends."""

from typing import Final, NamedTuple

from qh1a.channels import Channel
from qh1a.tick import State


class Check(NamedTuple):
    """One condition of a test step: the channel must be GOOD and inside [lo, hi] when the step ends."""

    state: State
    channel: Channel
    lo: float
    hi: float


_S, _C = State, Channel
CHECKS: Final = (
    *[Check(_S.SELF_ZERO, c, -15.0, 15.0) for c in (_C.P_ACC, _C.P_PRE, _C.P_VEN, _C.P_RET)],
    *[Check(_S.SELF_ZERO, c, 0.0, 0.0) for c in (_C.POS_AC, _C.POS_VC, _C.POS_PC, _C.NODE)],
    Check(_S.SELF_ZERO, _C.LIMITS_DIFFER, 0.0, 0.0),
    *[Check(_S.SELF_ZERO, c, -0.2, 0.2) for c in (_C.N_BP, _C.N_PP, _C.N_CP, _C.N_RP)],
    Check(_S.SELF_NODE, _C.NODE, 0.0, 0.0),
    *[Check(_S.SELF_PUMPS, c, 1.0, 1.0) for c in (_C.POS_AC, _C.POS_VC, _C.POS_PC, _C.POS_RC)],
    *[Check(_S.SELF_PUMPS, c, 0.3, 10.0) for c in (_C.N_BP, _C.N_PP, _C.N_CP, _C.N_RP)],
    Check(_S.PRIME_BLOOD, _C.LVL_VEN, 20.0, 95.0),
    Check(_S.READY_TEST, _C.POS_VC, 0.0, 0.0),
    Check(_S.READY_TEST, _C.POS_PC, 0.0, 0.0),
    Check(_S.READY_TEST, _C.POS_AC, 0.0, 0.0),
    Check(_S.READY_TEST, _C.AIR_V_BUBBLE, 0.0, 0.0),
    Check(_S.READY_TEST, _C.AIR_P_BUBBLE, 0.0, 0.0),
    Check(_S.READY_TEST, _C.LVL_VEN, 20.0, 95.0),
    Check(_S.READY_TEST, _C.P_VEN, -100.0, 150.0),
    Check(_S.READY_TEST, _C.P_ACC, -150.0, 150.0),
    Check(_S.READY_TEST, _C.T_W_MAX, 30.0, 40.0),
    Check(_S.READY_TEST, _C.NODE, 0.0, 0.0),
)
"""Self-test and pre-connection test; the warm-up and the reservoir are waited for, not failed."""
