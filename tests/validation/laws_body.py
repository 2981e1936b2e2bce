"""The equations of delays, heat, gas, patient and sensors."""

from typing import Final

from tests.validation.law import Law

DELAYS: Final = (
    Law("lines", "what enters leaves V later, in its order, either way", "mL; parcels of 1 mL", "1.3.3",
        "knowledge, high", ("fifo.enter", "fifo.leave", "transport.move")),
    Law("mixing", "d(V c)/dt = sum Q c, implicit", "chambers, nodes, bags", "1.3.3", "knowledge, high",
        ("transport.move",)),
    Law("bubbles", "an object with place and volume goes with the line's flow", "mL at ambient pressure",
        "2.1", "design", ("bubbles.carry", "bubbles.enter", "circuit._advance"),
        "they do not dissolve, rise, break up or block fibres"),
)  # fmt: skip

HEAT: Final = (
    Law("warmer",
        "C_p dT_p/dt = P - sum UA/3 (T_p - T_i) - UA_loss (T_p - T_room); rho c V dT_i/dt = UA/3 (T_p - "
        "T_i) + flow", "W, W/K, J/K; three mixed parts", "1.4.1", "knowledge, high; UA design",
        ("thermal.exchange",),
        "three mixed parts instead of an ideal exchanger; 60 W at most, not 150 (circuit 1)"),
    Law("its own loop", "P = K (T_set - T_out) + integral, 0 to 60 W", "W/K", "circuit 1", "design",
        ("thermal.power",)),
    Law("losses", "dT/dt = -UA (T - T_room)/(rho c V)", "lines, nodes, reservoir, shell", "1.4.1",
        "tubing found, others design", ("thermal.exchange",)),
    Law("evaporation", "Q = 44 mg/L x gas, heat from the plasma", "mL/s", "circuit 4", "knowledge, med",
        ("oxygenator.evaporation", "transport.move")),
    Law("the patient's core", "T = given", "C; the body makes up for what leaves", "chosen", "design",
        ("thermal.keep_core",)),
)  # fmt: skip

GAS: Final = (
    Law("exchange in the bundle", "dp/dt = -r (p - p_gas), r = KA(Q)/V, KA = KA_0 (Q/Q_0)^0.4", "mmHg, 1/s",
        "1.4.2", "knowledge, med", ("oxygenator.relax", "oxygenator.rates", "gas_side.relax"),
        "still plasma keeps a least rate [design]"),
    Law("sweep gas", "V_g dy/dt = G (y_in - y) - uptake; p = y (760 - 47)", "share of dry gas, mL/s STPD",
        "1.4.2", "knowledge, high", ("oxygenator.blend", "oxygenator.tensions", "gas_side.exchange")),
    Law("pH", "pH = 7.40 + (SID - HCO3 - z protein)/(beta_other + beta_p protein)", "umol/L, g/L, umol/g",
        "Staempfli & Constable 2003, Figge 1992; 1.4.3", "knowledge, med", ("acid.ph", "march.ph"),
        "1.4.3 has d(HCO3) = -beta dpH - dlactate; charges in balance (Stewart) say the same and know "
        "saline"),
    Law("hydration", "d[CO2]/dt = -k [CO2] + k 10^(pK - pH) [HCO3]",
        "k 0.15 1/s; exact exponential, pH linearised", "1.4.3", "knowledge, high (order)",
        ("acid.hydrate", "gas_side.hydrate", "march.march")),
    Law("at rest", "pH = 6.1 + log10(HCO3/(0.0307 pCO2))", "mmol/L, mmHg", "Henderson-Hasselbalch; 1.4.3",
        "knowledge, high", ("acid.equilibrium", "acid.henderson_hasselbalch", "acid.sid_for")),
    Law("ammonia as gas", "f = 1/(1 + 10^(9.04 - pH))", "1", "1.4.3", "knowledge, high",
        ("acid.ammonia_share",), "computed, but ammonia does not leave by the gas"),
    Law("oxygen", "c = alpha p + K Hct S(p), S = 1/(23400/(p^3 + 150 p) + 1)", "umol/L, mmHg",
        "Severinghaus 1979; 1.4.3", "knowledge, high",
        ("oxygen.content", "oxygen.saturation", "oxygen.tension"), "no Bohr shift, alpha at 37 C"),
    Law("the patient's lung", "gas tensions of venous blood = given", "mmHg", "chosen", "design",
        ("gas_side.breathe",)),
)  # fmt: skip

FLUID: Final = (
    Law("volumes", "V_blood = 70 mL/kg x weight, V_plasma = V_blood (1 - Hct)", "mL", "1.5.1", "found",
        ("person.blood_volume", "person.plasma_volume")),
    Law("water through capillaries", "J = K_f (d(share CVP) - d(P_i) - sigma d(pi_p - pi_i))",
        "mL/min/mmHg; d: change from the start", "1.5.1", "knowledge, med", ("fluid.exchange",),
        "only changes from the start: lymph and the steady filtration balance then; no cell water, no "
        "sodium"),
    Law("oncotic pressure", "pi = 2.1 c + 0.16 c^2 + 0.009 c^3", "mmHg, c g/dL",
        "Landis & Pappenheimer 1963; 1.1.1", "knowledge, high", ("fluid.oncotic",)),
    Law("escape of protein", "dm/dt = -k (c - c_i) V_plasma", "k 1/h", "1.5.1", "knowledge, med",
        ("pools.pool_constants",)),
    Law("central venous pressure", "CVP = CVP_0 + (V - V_0)/C", "mmHg, mL/mmHg", "1.5.4", "design",
        ("network.cvp",)),
)  # fmt: skip

SOLUTES: Final = (
    Law("two pools", "V_c dc/dt = K (p - c) + G - CL c - Vmax c/(h + c) + lines; V_p dp/dt = K (c - p)",
        "mL, mL/min, amount/min; backward Euler, closed form",
        "Schneditz 2006, Stadlbauer 2007, Eriksen 2023; 1.5.2",
        "volumes and K of CB found, others knowledge",
        ("pools.pool_step", "pools.metabolise", "slow.metabolise"),
        "no regional blood flow, no third pool; G enters the central pool only"),
    Law("dilution", "V_c = V_c0 + plasma gained", "mL, 5 % of V_c0 at least", "chosen", "design",
        ("pools.central_volume", "transport.plasma_excess")),
    Law("acid of the body", "dSID/dt = -dlactate/dt", "umol", "1.4.3", "derived", ("pools.metabolise",)),
)  # fmt: skip

COAGULATION: Final = (
    Law("clotting times", "ACT = ACT_0 + 130 AT C; aPTT = aPTT_0 exp(2.5 AT C), 300 s at most",
        "s, C IU/mL, AT antithrombin", "1.5.3", "knowledge, low", ("coagulation.act", "coagulation.aptt")),
    Law("calcium under citrate", "iCa = Ca_d/(1 + K cit)", "mmol/L, K 1600 L/mol", "1.5.3",
        "knowledge, med", ("coagulation.ionised_calcium", "coagulation.calcium_ratio")),
    Law("heparin", "dc/dt = -CL c/V", "28 mL/min, 68 mL/kg; saturable where a patient file says so",
        "Kandrotas 1989; 1.5.3", "found", ("pools.pool_step",)),
)  # fmt: skip

HAEMODYNAMICS: Final = (
    Law("arterial pressure", "MAP = CVP + CO SVR", "mmHg, mL/s", "1.5.4", "knowledge, high",
        ("haemodynamics.arterial_pressure",)),
    Law("output", "CO = CO_0 (V/V_0)^1.75", "L/min", "1.5.4", "design", ("haemodynamics.cardiac_output",)),
    Law("reflexes", "dSVR/dt = (SVR_set - SVR)/60 s, SVR_set by the pressure that is lost, IL-6 and heat",
        "mmHg.s/mL", "1.5.4", "design", ("haemodynamics.set_point", "haemodynamics.advance")),
    Law("heart rate", "HR = HR_0 (1 + g (1 - MAP/MAP_0)), within 0.5", "1/min", "chosen", "design",
        ("haemodynamics.heart_rate",), "the reference has none"),
)  # fmt: skip

SENSORS: Final = (
    Law("reading",
        "dy/dt = (x - y)/tau; round((g y + b + drift t + creep + s w)/q) q, held between its ends",
        "unit of the channel; x with what else it sees", "1.6", "knowledge, med; figures in sensors.toml",
        ("sampling.sample",),
        "drift is a ramp, not a random walk; foam, bubbles and vibration do not disturb meters and scales"),
    Law("noise", "w = normal number of (seed, channel, tick)", "SplitMix64, Acklam", "2.4",
        "knowledge, high", ("counter.normal_at",)),
    Law("what there is to see", "truth of pressures, contents, filtrate", "TMP = (P_pre + P_ven)/2 - P_fil",
        "circuit 2", "design", ("observe.observe", "observe.observe_content")),
    Law("balances", "found - start - made over the largest of them",
        "volume, every species, oxygen, carbon dioxide, heat", "2.1", "derived",
        ("ledger.audit", "ledger.total_volume")),
)  # fmt: skip
