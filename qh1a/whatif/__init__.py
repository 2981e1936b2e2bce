"""Closed-loop what-if on the simulated plant: tuning of the loops by relay."""
