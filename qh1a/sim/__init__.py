"""The simulated plant: physics of the circuit and the patient, then sensors, faults and harm on top of it."""
