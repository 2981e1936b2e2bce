"""The equations of bioreactor, cells, separator, pumps and network."""

from typing import Final

from tests.validation.law import Law

HYDRAULICS: Final = (
    Law("lumen", "dP_l/dz = -8 mu Q_l/(N pi r_i^4)",
        "P mmHg, Q mL/s, mu Pa.s, N fibres of inner radius r_i, z along them", "Hagen-Poiseuille; 1.1.1",
        "knowledge, high", ("bioreactor.bioreactor_constants", "bioreactor.hydraulics")),
    Law("shell", "dP_s/dz = -mu Q_s/(N K_H), K_H = (pi/8)(4 b^4 ln(b/a) - 3 b^4 + 4 a^2 b^2 - a^4)",
        "a outer radius, b = a/sqrt(packing)", "Happel 1959; 1.1.1", "knowledge, high",
        ("bioreactor.bioreactor_constants", "bioreactor.packing")),
    Law("flow through the wall",
        "u'' = (Lambda L)^2 u, u = Q_l/Q - R_s/(R_l + R_s), (Lambda L)^2 = Lp A_i (R_l + R_s)",
        "Lp m/s/Pa, A_i inner area m2, R of the whole length; ends by configuration A, B, C, D",
        "Kedem & Katchalsky 1958; 1.1.1", "derived", ("bioreactor.hydraulics",),
        "without the osmotic term: where protein is even along the fibres it moves no flow. In A the drop "
        "is that of the lumen alone, as the circuit's figure is"),
    Law("shear on the cells", "tau = -dP_s/dz (b^2 - a^2)/(2 a)", "Pa", "Happel's profile; 1.1.1",
        "derived", ("bioreactor.bioreactor_constants", "bioreactor.hydraulics")),
    Law("fouling of the wall", "Lp(t) = Lp_0 exp(-k t)", "k 1/h", "PMC2866646, fitted; 1.1.1", "derived",
        ("bioreactor.fouled", "reactor.age")),
    Law("bioreactor as a branch", "R = (R_lumen x drop + R_ports) mu/mu_ref, beside the bypass",
        "mmHg per mL/min; drop: of the profile over the lumen's own", "circuit 1", "design",
        ("network.bioreactor_conductances", "reactor.refresh")),
)  # fmt: skip

TRANSPORT: Final = (
    Law("lumen, wall, shell, of 20 axial cells",
        "V_l dc_l/dt = Q_l (c_up - c_l) - kA_l (c_l - c_w) - S (J+ c_l - J- c_w); shell alike; wall what "
        "is left and what reacts",
        "c unit of the species, V mL, kA mL/s, J mL/s through the wall, S sieving; backward Euler, all in "
        "one sweep along the flow", "1.1.2, 2.1", "knowledge, high", ("march.march", "reactor.perfuse"),
        "no axial dispersion coefficient: 20 tanks are the dispersion (2.1 proposes the same)"),
    Law("towards the lumen", "1/k = 2 r_i/(Sh D) + r_i ln(r_o/r_i)/(h e D), kA = k A_i",
        "D m2/s, Sh 3.66, e pore diffusion, h hindrance (1 for small solutes)", "Graetz, Nusselt; 1.1.2",
        "knowledge, high", ("bioreactor.exchange_constants",), "one Sherwood number, no entrance length"),
    Law("towards the shell", "kA = A_o Sh D/d_h, d_h = 2 r_o (1/packing - 1)", "as above", "chosen",
        "design", ("bioreactor.exchange_constants",), "1.1.2 leaves k_s open"),
    Law("bound toxins", "kA = f kA_free + (1 - f) kA_albumin; S alike", "f free share", "1.1.7",
        "knowledge, med", ("bioreactor.exchange",),
        "f is that of the separator's plasma, once a second, everywhere"),
    Law("oxygen within the cell layer", "eta = tanh(phi)/phi, phi^2 = X q d/(A_o D (Km + c_w))",
        "X cells, q nmol/s a cell, d layer m", "Thiele; 1.1.3", "knowledge, high",
        ("cells.effectiveness", "cells.rates")),
    Law("why no radial grid", "c(r1) - c(R) = V/(4D)(r1^2 - R^2) + (V R^2/2D) ln(R/r1)", "V mol/m3/s",
        "Krogh 1919; 1.1.3", "knowledge, high", ("cells.krogh_drop",),
        "not in the loop: 0.03 umol/L over 10 um"),
    Law("debris", "from the wall to the shell in 60 s; through the wall only by defects", "cells", "chosen",
        "design", ("bioreactor.exchange_constants", "cells.age")),
)  # fmt: skip

CELLS: Final = (
    Law("oxygen uptake", "R = X eta q f_T c/(Km + c)",
        "umol/L, fmol/cell/h; closed form of the step, a quadratic", "Pattappa 2011 (q), 1.1.4 (Km)",
        "found", ("cells.rates", "march.quadratic")),
    Law("temperature", "f_T = Q10^((T - 37)/10), 0 above 44 C", "C", "1.1.4", "knowledge, med",
        ("cells.pace",)),
    Law("glucose", "R_g = X q_g f_T (1 + a_P (1 - c/(Km + c))) g/(K_g + g)",
        "pmol/cell/d; a_P Pasteur effect", "Schop 2009 (q_g); 1.1.4",
        "found; a_P knowledge, med; K_g design", ("march.march",)),
    Law("lactate, acid, carbon dioxide", "R_lac = Y R_g, R_SID = -R_lac, R_CO2 = RQ R_O2", "umol/L",
        "Schop 2009 (Y); 1.1.4", "found; RQ knowledge, med", ("march.march",)),
    Law("clearance of toxins by cells", "R = -X k c", "mL/min per 1e9 cells; shipped 0", "1.1, rule H1",
        "knowledge, high", ("cells.rates",), "uptake of mediators (1.1.6) is not there: its default is 0"),
    Law("secretion", "S = X q f_T (1 + a TNF/(TNF + K))", "per 1e6 cells and day", "1.1.6",
        "form design; q knowledge, low", ("cells.rates",),
        "hypoxia, shear and pH do not raise it; no IL-10, no TSG-6"),
    Law("loss of cells", "dX/dt = -X (k_0 + k_hyp + k_T + k_pH + k_BA + k_UCB + k_c + k_det)", "1/h",
        "1.1.5", "design", ("cells.loss_rate", "cells.age")),
    Law("... without oxygen", "k_hyp = k_h max(0, 1 - c/c_crit)^2 (1 - g/(K + g))", "umol/L",
        "Ito 2015 and PMC5134064 (both are needed); 1.1.5", "form found, figures design",
        ("cells.loss_rate",)),
    Law("... by heat", "k_T = (ln 2/t_D) R^(43 - T), R 0.5 above 43 C, else 0.25",
        "t_D min at 43 C; 0 up to 37 C", "Sapareto & Dewey 1984; 1.1.5", "knowledge, high (form); t_D low",
        ("cells.heat_dose",)),
    Law("... by pH, toxins, shear",
        "k_p (max(0, 6.9 - pH) + max(0, pH - 7.8))^2; k_b max(0, b/b_crit - 1); k_d max(0, tau/2 Pa - 1)^2",
        "b free bile acids or free bilirubin", "1.1.5", "design", ("cells.loss_rate",)),
    Law("... by complement", "k_c (globulin/30 g/L) a, da/dt = -k (globulin/30 g/L) a",
        "a share still to come", "1.1.5", "design, low", ("cells.age",),
        "the reference has a rate that decays; here globulin brings and uses it up"),
)  # fmt: skip

BINDING: Final = (
    Law("free toxin", "B = b + A (n1 k1 b/(1 + k1 b) + n2 k2 b/(1 + k2 b))",
        "B all, b free, A albumin, umol/L", "Scand J Clin Lab Invest 1977;37:257 (UCB); 1.1.7",
        "found (UCB); others knowledge, med", ("binding.free_fraction",),
        "no competition for sites; no adsorber (1.1.7) in the circuit"),
)  # fmt: skip

SEPARATOR: Final = (
    Law("polarisation limit",
        "Q_lim/Q_b = 1 - (H/C_w)^(1 - exp(-F)), F = 0.807 x 0.03^(2/3) a^(4/3) L^(2/3) 8/R^2",
        "H haematocrit, C_w 0.95 at the wall, a red cell, R bore radius, m", "Zydney & Colton 1986; 1.2.1",
        "knowledge, high (form); a calibrated",
        ("separator.polarised_fraction", "separator.limit", "circuit._advance"),
        "1.2.1 marches the local law along the fibre; its integral is exact. The layer follows in 5 s, and "
        "the limit falls to 0 as Hct inside goes from 0.75 to 0.95 [design]"),
    Law("filtration", "Q_f = Q_lim (1 - exp(-Lp TMP/Q_lim)); backwards Lp TMP",
        "TMP mmHg from the fibres' middle to the filtrate", "1.2.1", "design", ("separator.filtration",),
        "one lumped membrane in the network; 20 axial cells only in `profile`"),
    Law("axial picture", "the same in 20 cells, with the drop of blood along them", "flux um/s, Hct, TMP",
        "1.2.1", "derived", ("separator.profile",)),
    Law("permeability", "Lp = Lp_0 f/((1 + R_f + R_c) mu/mu_ref)",
        "f open fibres, R deposits over the clean resistance", "1.2.1, 1.2.3", "design",
        ("separator.permeability",)),
    Law("sieving", "S = S_0/(1 + (R/R_S)^n); bound toxins: free share at 1, the rest as albumin", "1",
        "1.2.2, Int J Artif Organs 1988 (heparin 1)", "S_0 found, decline design",
        ("separator.sieving", "transport.move")),
    Law("wall shear", "gamma = 4 Q_b/(f N pi R^3)", "1/s", "1.1.1", "knowledge, high",
        ("separator.wall_shear",)),
    Law("second filter", "R = R_0 (1 + F), dF = (F_max - F)(V/V_0 + debris/D_0)", "V L passed", "chosen",
        "design", ("slow.advance", "network.solve"), "the reference has no law for F2"),
)  # fmt: skip

HARM: Final = (
    Law("pore fouling", "dR_f = (R_max - R_f) J c/(f m_0) dt", "J mL/s, c protein g/L, m_0 g", "1.2.3",
        "design", ("clotting.advance",)),
    Law("cake", "dR_c/dt = k_c max(0, Q_f - 0.9 Q_lim)/f - k_r R_c Q_b/(f Q_ref)", "1/s", "1.2.3", "design",
        ("clotting.advance",)),
    Law("clotting of fibres", "df/dt = -f k exp((ACT_0 - ACT)/ACT_s) (Hct_out/0.40)^2 (1 + s [Q_b < 30])",
        "ACT s, Hct where blood leaves", "1.2.3", "design, low", ("clotting.clotting", "clotting.advance"),
        "k is 0.01 1/h, the reference's 0.02: TMP then stays below 30 for 8 h"),
    Law("haemolysis at the membrane",
        "dh/dt = k_H A f max(0, TMP - TMP_crit)^1.5, TMP_crit = 40 + 0.06 (gamma - 200), 40 to 100",
        "nmol/s of haem, TMP where blood enters", "J Biomech Eng 1994;116:514; 1.2.3",
        "line found, figures design", ("clotting.critical_tmp", "clotting.burst_at_membrane")),
    Law("haemolysis in the pump", "share = 3.62e-7 t^0.785 tau^2.416",
        "s, Pa; stress with the flow, time against it", "Giersiepen 1990; 1.2.3",
        "knowledge, high; stress and time design", ("clotting.sheared", "clotting.burst_in_pump")),
    Law("what harms",
        "time and amounts beyond limits: air, heat, haem, debris, clotting, hypoxia, standstill",
        "counted, stops nothing", "chosen", "design",
        ("harm.watch_patient", "harm.watch_cells", "harm.watch_returned")),
)  # fmt: skip

RHEOLOGY: Final = (
    Law("plasma", "mu = 0.69e-3 exp(0.0079 c - 0.022 (T - 37))", "Pa.s, c protein g/L, C",
        "1.2.4; serum 1.23 mPa.s (1)", "knowledge, med", ("rheology.plasma_viscosity",),
        "1.2.4 is linear in protein, 1.2 (1 + 0.009 (c - 70)), which is wrong in saline: an exponential "
        "joins water to it"),
    Law("blood", "mu_rel = 1 + (eta_45 - 1)((1 - H)^C - 1)/(0.55^C - 1)", "eta_45, C of the bore in um",
        "Pries 1992; 1.2.4", "knowledge, high", ("rheology.relative_viscosity", "slow.viscosities"),
        "no thickening at low shear"),
    Law("tubes and fibres", "R = 128 mu L/(pi d^4 N)", "mmHg per mL/min", "Hagen-Poiseuille",
        "knowledge, high", ("rheology.tube_resistance", "rheology.bundle_resistance"),
        "lines have given resistances, scaled by viscosity"),
)  # fmt: skip

NETWORK: Final = (
    Law("displacement", "dV = stroke (dtheta + sum_k A_k int sin(2 pi k n theta) dtheta)",
        "mL, revolutions, n rollers, A ripple", "1.3.1", "knowledge, med; A design", ("pumps.displaced",)),
    Law("inlet loss", "phi = (1 - 7.4e-4 max(0, -P))/(1 + exp((-P - 300)/25))", "mmHg at the inlet",
        "fitted to Lopez-Sanchez; 1.3.1", "found, cause assumed", ("pumps.inlet_factor",)),
    Law("back-leak", "Q = Q_wanted phi - (P_out - P_in)/R_occ", "mmHg.s/mL", "1.3.1", "knowledge, med",
        ("network.solve",)),
    Law("drive and wear",
        "lag 0.15 s, 200 rpm/s, gives way towards the stall; stroke (1 - w (1 - exp(-t/2 h)))", "1/min, h",
        "1.3.1", "knowledge, med; stall design", ("pumps.speed", "pumps.worn", "pumps.stroke")),
    Law("clamps", "R = R_half (1/x^2 - 1)/3, 0.2 s from end to end; shut: no flow", "x opening", "2",
        "design", ("pumps.travel", "pumps.throttled")),
    Law("nodes", "C dP/dt = sum of branch flows, Q = (P_up - P_down)/R",
        "C mL/mmHg; ten nodes, 16 branches, backward Euler of 0.1 s", "1.3.2, 2.1", "design",
        ("network.solve",),
        "no nodes in the bioreactor (rxl, rxs); besides 1.3.2 the fibres of S1, the return line, the joint"),
    Law("collapse of the access", "R_acc (1 + exp((-P - 250)/30))", "mmHg", "1.3.2", "design",
        ("network.solve",)),
    Law("venous chamber", "(P + 760)(V - V_blood) = 760 V_air, with a soft wall",
        "mL, ideal gas, isothermal", "1.3.2", "knowledge, high", ("network.chamber_pressure",)),
    Law("almost empty vessels", "outflow falls to 0 over the last mL; the rest is air", "mL", "chosen",
        "design", ("network.left", "network.return_line")),
)  # fmt: skip
