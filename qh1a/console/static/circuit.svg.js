// The drawing of the circuit: where every part stands, on a grid of 4, 1000 x 536 units, one unit a pixel at 1024x768.
//
// The lines are planar: nothing crosses. Blood goes round on the left, plasma on the right, saline below, waste at the
// upper right. Labels are at least 16 units high, so that no text is smaller than 16 px on the smallest screen.

export const WIDTH = 1000;
export const HEIGHT = 536;

/** Lines: kind, corners, the way of the flow being from the first point to the last. */
export const PIPES = [
  { id: "access", kind: "blood", at: [[80, 440], [148, 440]] },
  { id: "pumped", kind: "blood", at: [[148, 440], [388, 440], [388, 376]] },
  { id: "separated", kind: "blood", at: [[388, 248], [388, 120], [336, 120]] },
  { id: "return", kind: "blood", at: [[316, 160], [316, 192], [80, 192]] },
  { id: "filtrate", kind: "plasma", at: [[406, 272], [568, 272], [568, 328]] },
  { id: "perfusion", kind: "plasma", at: [[612, 400], [632, 400], [632, 440], [912, 440], [912, 420]] },
  { id: "reactor", kind: "plasma", at: [[912, 420], [912, 292]] },
  { id: "bypass", kind: "plasma", at: [[912, 420], [972, 420], [972, 292], [912, 292]] },
  { id: "outlet", kind: "plasma", at: [[912, 292], [912, 216]] },
  { id: "recirculation", kind: "plasma", at: [[912, 216], [600, 216], [600, 328]] },
  { id: "plasma_return", kind: "plasma", at: [[912, 216], [912, 56], [316, 56], [316, 84]] },
  { id: "waste", kind: "plasma", at: [[912, 216], [964, 216], [964, 130]] },
  { id: "saline_blood", kind: "saline", at: [[468, 460], [468, 504], [148, 504], [148, 440]] },
  { id: "saline_reservoir", kind: "saline", at: [[468, 504], [528, 504], [528, 350], [548, 350]] },
  { id: "heparin", kind: "saline", at: [[300, 424], [300, 440]] },
  { id: "gas", kind: "gas", at: [[752, 364], [752, 376], [868, 376], [868, 426], [836, 426]] },
];

/** Where lines part or meet. */
export const JOINTS = [
  [148, 440, "blood"], [300, 440, "blood"], [912, 420, "plasma"], [912, 292, "plasma"], [912, 216, "plasma"], [468, 504, "saline"],
];

/** Pumps: centre, tachometer, flow meter, direction of the arrow (degrees), place of the tag. */
export const PUMPS = [
  { id: "BP", x: 236, y: 440, tacho: "N_bp", flow: "Q_b", turn: 0, tag: [211, 428, "end"] },
  { id: "PP", x: 512, y: 272, tacho: "N_pp", flow: "Q_p", turn: 0, tag: [512, 312, "middle"] },
  { id: "CP", x: 664, y: 440, tacho: "N_cp", flow: "Q_c", turn: 0, tag: [664, 410, "middle"] },
  { id: "RP", x: 596, y: 56, tacho: "N_rp", flow: "Q_r", turn: 180, tag: [596, 26, "middle"] },
];

/** Clamps: centre, whether their line is upright, place of the tag. */
export const CLAMPS = [
  { id: "AC", x: 112, y: 440, tag: [112, 476, "middle"] },
  { id: "VC", x: 152, y: 192, tag: [152, 228, "middle"] },
  { id: "PC", x: 364, y: 56, tag: [364, 32, "middle"] },
  { id: "SC", x: 416, y: 504, tag: [416, 528, "middle"] },
  { id: "SR", x: 528, y: 472, up: true, tag: [548, 478, "start"] },
  { id: "WC", x: 964, y: 176, up: true, tag: [945, 182, "end"] },
  { id: "RC", x: 676, y: 216, tag: [676, 192, "middle"] },
  { id: "BV", x: 972, y: 356, up: true, tag: [953, 362, "end"] },
];

/** Framed figures: left, top, width, channels; `leads` is a thin line to where it is measured. */
export const LABELS = [
  { x: 118, y: 384, w: 102, ids: ["P_acc"], leads: [[172, 408], [172, 440]] },
  { x: 192, y: 468, w: 88, ids: ["Q_b"], leads: [[236, 468], [236, 460]] },
  { x: 250, y: 332, w: 100, ids: ["V_hep"], leads: [[300, 356], [300, 366]] },
  { x: 296, y: 468, w: 88, ids: ["P_pre"], leads: [[340, 468], [340, 440]] },
  { x: 268, y: 280, w: 88, ids: ["TMP"], leads: [[356, 292], [370, 292]] },
  { x: 188, y: 88, w: 100, ids: ["P_ven", "LVL_ven"], leads: [[288, 112], [296, 112]] },
  { x: 160, y: 148, w: 104, ids: ["OPT_v"], leads: [[204, 172], [204, 192]] },
  { x: 204, y: 220, w: 96, ids: ["AIR_v"], leads: [[252, 220], [252, 206]] },
  { x: 412, y: 226, w: 84, ids: ["P_fil"], leads: [[424, 250], [424, 272]] },
  { x: 504, y: 226, w: 84, ids: ["Q_p"], leads: [[512, 250], [512, 252]] },
  { x: 410, y: 300, w: 84, ids: ["BLD"], leads: [[452, 300], [452, 286]] },
  { x: 536, y: 416, w: 88, ids: ["W_r"] },
  { x: 424, y: 372, w: 88, ids: ["W_s"], leads: [[468, 396], [468, 404]] },
  { x: 588, y: 472, w: 88, ids: ["Q_c"], leads: [[664, 472], [664, 460]] },
  { x: 686, y: 472, w: 88, ids: ["T_w1", "T_w2"], leads: [[732, 472], [732, 460]] },
  { x: 696, y: 268, w: 90, ids: ["G_O2", "G_air", "G_CO2", "P_gas"] },
  { x: 800, y: 472, w: 92, ids: ["DO_in", "pH"], leads: [[880, 472], [880, 440]] },
  { x: 892, y: 472, w: 88, ids: ["T_br", "P_bri"] },
  { x: 800, y: 320, w: 84, ids: ["dP_br"], leads: [[884, 332], [892, 332]] },
  { x: 802, y: 260, w: 86, ids: ["P_bro"], leads: [[888, 272], [912, 272]] },
  { x: 786, y: 232, w: 102, ids: ["DO_out"], leads: [[888, 244], [912, 244]] },
  { x: 792, y: 88, w: 88, ids: ["P_f2"], leads: [[836, 88], [836, 56]] },
  { x: 720, y: 124, w: 88, ids: ["dP_f2"], leads: [[764, 124], [764, 76]] },
  { x: 644, y: 88, w: 96, ids: ["P_f2o"], leads: [[692, 88], [692, 56]] },
  { x: 552, y: 88, w: 88, ids: ["Q_r"], leads: [[596, 88], [596, 76]] },
  { x: 440, y: 88, w: 92, ids: ["P_ret", "T_ret"], leads: [[486, 88], [486, 56]] },
  { x: 386, y: 4, w: 92, ids: ["AIR_p"], leads: [[432, 28], [432, 42]] },
  { x: 908, y: 6, w: 88, ids: ["W_w"] },
];

/** Names beside their parts: word of [circuit], place, anchor. */
export const NAMES = [
  ["patient", 44, 424, "middle"], ["chamber", 288, 78, "end"], ["separator", 360, 270, "end"], ["heparin", 284, 404, "end"],
  ["saline", 468, 362, "middle"], ["reservoir", 620, 344, "start"], ["warmer", 726, 404, "middle"],
  ["oxygenator", 814, 404, "middle"], ["bioreactor", 884, 312, "end"], ["filter2", 764, 24, "middle"],
  ["restrictor", 836, 194, "middle"], ["check", 736, 250, "middle"], ["waste", 964, 54, "middle"], ["gas", 688, 286, "end"],
];

/** The frame of a part in alarm: left, top, width, height; `chip` where its word stands. */
export const PARTS = {
  patient: { box: [4, 164, 80, 304], chip: [92, 314] },
  chamber: { box: [290, 78, 52, 88], chip: [172, 30] },
  separator: { box: [364, 242, 48, 140], chip: [252, 306] },
  airv: { box: [234, 174, 36, 36], chip: [188, 247] },
  airp: { box: [414, 38, 36, 36], chip: [486, 6] },
  heparin: { box: [284, 362, 32, 66], chip: [138, 314] },
  reservoir: { box: [542, 310, 76, 106], chip: [418, 325] },
  bld: { box: [434, 254, 36, 36], chip: [412, 197] },
  warmer: { box: [702, 414, 60, 52], chip: [632, 366] },
  oxygenator: { box: [774, 406, 68, 68], chip: [765, 427] },
  bioreactor: { box: [886, 298, 52, 108], chip: [796, 347] },
  filter2: { box: [730, 34, 68, 44], chip: [716, 152] },
  waste: { box: [934, 58, 60, 76], chip: [820, 152] },
  saline: { box: [438, 400, 60, 64], chip: [412, 332] },
  BP: { box: [212, 416, 48, 48], chip: [96, 348] },
  PP: { box: [488, 248, 48, 48], chip: [504, 197] },
  CP: { box: [640, 416, 48, 48], chip: [588, 499] },
  RP: { box: [572, 32, 48, 48], chip: [552, 118] },
};

/** The part on which an alarm of a channel is shown; of a channel that is a label itself, the label is shown too. */
export const PLACE = {
  AIR_v_bubble: "airv", air_1min: "airv", air_5min: "airv", AIR_p_bubble: "airp", LVL_ven: "chamber", P_ven: "chamber",
  P_ven_drop: "chamber", P_ven_run: "chamber", P_ven_fast: "chamber", WET: "patient", TMP: "separator", TMP_run: "separator",
  Hct_out: "separator", P_pre: "separator", P_pre_rise: "separator", Qp_Qb: "PP", BLD: "bld", P_bri: "bioreactor",
  dP_br_over: "bioreactor", T_br: "bioreactor", DO_out: "bioreactor", DO_in: "oxygenator", pH: "oxygenator",
  P_gas_over: "oxygenator", R_f2_fall: "filter2", TURB_r: "filter2", dP_f2: "filter2", P_f2o: "filter2", balance_abs: "reservoir",
  balance_away: "reservoir", ratio_residual: "reservoir", ratio_volume: "reservoir", touch_s: "reservoir", LVL_W_r: "reservoir",
  W_r: "reservoir", LVL_r: "reservoir", T_w_max: "warmer", blood_stop_s: "BP", BP_short: "BP", PP_short: "PP", CP_short: "CP",
  RP_short: "RP", cell_stop_s: "bioreactor", hep_over: "heparin", hep_short: "heparin", hep_past_cap: "heparin",
  hep_back: "heparin", hep_stop_s: "heparin", HP_force: "heparin", V_hep: "heparin", rinse_plasma: "reservoir",
  rinse_saline: "saline",
};
/** The label that shows the figure of a channel that has none of its own. */
export const SHOWN_AS = {
  AIR_v_bubble: "AIR_v", air_1min: "AIR_v", air_5min: "AIR_v", AIR_p_bubble: "AIR_p", P_ven_drop: "P_ven", P_ven_run: "P_ven",
  P_ven_fast: "P_ven", P_acc_fast: "P_acc", P_pre_rise: "P_pre", TMP_run: "TMP", dP_br_over: "dP_br", T_ret_run: "T_ret",
  P_gas_over: "P_gas", BP_short: "Q_b", PP_short: "Q_p", CP_short: "Q_c", RP_short: "Q_r",
};

/** A path through corners that are rounded. */
export function path(points, radius = 10) {
  const parts = [`M${points[0][0]} ${points[0][1]}`];
  for (let i = 1; i < points.length - 1; i += 1) {
    const [x, y] = points[i];
    const near = toward(points[i], points[i - 1], radius);
    const far = toward(points[i], points[i + 1], radius);
    parts.push(`L${near[0]} ${near[1]}Q${x} ${y} ${far[0]} ${far[1]}`);
  }
  const [x, y] = points[points.length - 1];
  return `${parts.join("")}L${x} ${y}`;
}

function toward([x, y], [toX, toY], radius) {
  const far = Math.hypot(toX - x, toY - y) || 1;
  const step = Math.min(radius, far / 2);
  return [x + ((toX - x) * step) / far, y + ((toY - y) * step) / far];
}
