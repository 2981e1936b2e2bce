"""The catalogue of faults, one row per fault.

Codes are those of the physics reference, section 5; a letter tells variants of one apart, and from F47 on
they are this project's own. Signatures are those of this rig: its reservoir is vented, so that a mismatch of
the plasma pumps moves its scale (0.3 g/min per 1 % at 30 mL/min) and no pressure.
"""

from typing import Final

from qh1a.sim.blood_faults import BLOOD_FAULTS
from qh1a.sim.fault_row import FaultRow
from qh1a.sim.plasma_faults import PLASMA_FAULTS
from qh1a.sim.system_faults import SYSTEM_FAULTS

FAULTS: Final[tuple[FaultRow, ...]] = (*BLOOD_FAULTS, *PLASMA_FAULTS, *SYSTEM_FAULTS)
"""The catalogue, in the order of its codes."""
