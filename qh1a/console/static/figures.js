// Figures as people read them. Pure functions: no page, no clock of their own.

export const GOOD = 0;
export const DASHES = "--";
export const MINUS = "\u2212";
/** Names of the qualities, in the order of the codes of a state. */
export const QUALITIES = [
  "GOOD", "NOT_FITTED", "NOT_READY", "COMM_LOST", "STALE", "FUTURE", "NOT_A_NUMBER", "OUT_OF_RANGE", "FROZEN", "FLAT",
  "DISAGREES", "OFF_GRID", "JUMPED",
];
/** Names of the deliveries, in the order of the codes of the DLV channels. */
export const DELIVERIES = ["CONFIRMED", "PENDING", "UNCERTAIN"];
const NS = 1e9;

/** Seconds of nanoseconds. */
export const seconds = (ns) => Number(ns ?? 0) / NS;

/** A figure with fixed decimals and a true minus sign; never "-0". */
export function fixed(value, decimals = 0) {
  if (typeof value !== "number" || !Number.isFinite(value)) return DASHES;
  const said = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(said) !== 0 ? MINUS + said : said;
}

/** The same with a plus sign: balances. */
export function signed(value, decimals = 0) {
  const said = fixed(value, decimals);
  return said === DASHES || said.startsWith(MINUS) || Number(said) === 0 ? said : `+${said}`;
}

/** H:MM:SS, hours in `digits` figures; a length of time is shown as passed seconds, so it is cut, not rounded. */
export function duration(s, digits = 2) {
  if (typeof s !== "number" || !Number.isFinite(s)) return DASHES;
  const whole = Math.floor(Math.abs(s) + 1e-6);
  const two = (n) => String(n).padStart(2, "0");
  const said = `${String(Math.floor(whole / 3600)).padStart(digits, "0")}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return s < 0 && whole > 0 ? MINUS + said : said;
}

/** M:SS, or H:MM:SS from an hour on. */
export function short(s) {
  if (typeof s !== "number" || !Number.isFinite(s)) return DASHES;
  const whole = Math.floor(Math.max(0, s) + 1e-6);
  if (whole >= 3600) return duration(whole, 1);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** H:MM of a length of time, without seconds. */
export function hours(s) {
  if (typeof s !== "number" || !Number.isFinite(s)) return DASHES;
  const minutes = Math.round(Math.abs(s) / 60);
  return `${s < 0 ? MINUS : ""}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** HH:MM of a wall clock. */
export function clock(date) {
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) return DASHES;
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** What tables say by id, once: {channels: {id: {..row, at}}, actuators: {id: {..row, at}}, rules: {id: row}, ...}. */
export function indexed(tables) {
  const by = (rows) => Object.fromEntries((rows ?? []).map((row, at) => [row.id, { ...row, at }]));
  const limits = Object.fromEntries((tables.limits ?? []).map((row) => [row.key, row]));
  const states = Object.fromEntries((tables.states ?? []).map((row) => [row.name, row]));
  return {
    channels: by(tables.channels), actuators: by(tables.actuators), rules: by(tables.rules), actions: by(tables.actions),
    limits, states,
  };
}

/** One channel of a state: {value, text, quality, good, unit}. `fresh` false: nothing may be believed. */
export function view(row, state, fresh = true) {
  if (!row || !state) return { value: null, text: DASHES, quality: "NOT_READY", good: false, unit: row?.unit ?? "" };
  const value = state.value?.[row.at];
  const code = state.quality?.[row.at];
  const quality = fresh ? (QUALITIES[code] ?? "NOT_READY") : "STALE";
  const good = quality === "GOOD" && typeof value === "number" && Number.isFinite(value);
  return { value: good ? value : null, text: good ? fixed(value, row.decimals) : DASHES, quality, good, unit: row.unit };
}

/** The rules of one channel with their limits in force: [{id, side, limit, value, priority, armed}], nearest first. */
export function limitsOf(rules, limits, channel) {
  return rules
    .filter((rule) => rule.channel === channel && typeof limits?.[rule.limit] === "number")
    .map((rule) => ({ ...rule, value: limits[rule.limit] }))
    .sort((a, b) => (a.side === b.side ? a.side * (a.value - b.value) : a.side - b.side));
}
