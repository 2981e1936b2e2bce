// The run page (safety reference 6.3): flows largest, the session beside them, pressures with their limits, the trend below.

import { attr, cls, h, keyed, prop, shape, show, svg, text } from "./dom.js";
import { DASHES, clock, duration, fixed, hours, limitsOf, seconds, short, signed } from "./figures.js";
import { standing } from "./banner.js";

/** The flows: the measured one (2-s means: a roller pump beats; as it is, the first of `same`, when told to stand), the channels whose alarms belong to this cell (`same` are the
 * quantity itself, `lack` say how much is missing), the actuator and the set point. */
const FLOWS = [
  { id: "blood", channel: "Q_b_2s", same: ["Q_b", "Q_b_2s", "Q_b_10s"], lack: ["BP_short"], other: ["lost_qb", "blood_stop_s"], pump: "BP", key: "blood_ml_min", hot: "B" },
  { id: "plasma", channel: "Q_p_2s", same: ["Q_p", "Q_p_2s", "Q_p_10s"], lack: ["PP_short"], other: ["Qp_Qb", "Hct_out", "lost_qp"], pump: "PP", key: "plasma_ml_min", hot: "P" },
  { id: "return", channel: "Q_r_2s", same: ["Q_r", "Q_r_2s", "Q_r_10s"], lack: ["RP_short"], other: ["ratio_residual", "ratio_volume", "lost_return"], pump: "RP", key: null, hot: "R" },
  { id: "perfusion", channel: "Q_c_2s", same: ["Q_c", "Q_c_2s", "Q_c_10s"], lack: ["CP_short"], other: ["cell_stop_s", "lost_cells"], pump: "CP", key: "perfusion_ml_min", hot: "C" },
];
/** The pressures: `also` are channels that are this pressure under a condition; `bar` is what the bar shows, if another. */
const PRESSURES = [
  { id: "P_acc", also: ["P_acc_fast"] },
  { id: "P_pre", also: [], other: ["P_pre_rise"] },
  { id: "TMP", also: ["TMP_run"], other: ["P_fil", "lost_tmp"] },
  { id: "P_ven", also: ["P_ven_run", "P_ven_fast"], lack: ["P_ven_drop"] },
  { id: "P_bri", also: [], pair: "P_bro", other: ["dP_br_over", "P_gas_over"] },
  { id: "P_f2", also: [], pair: "P_f2o", bar: "dP_f2", other: ["P_f2o", "dP_f2", "R_f2_fall"] },
];
const SMALL = [
  { id: "T_br", key: "temperature_c", same: ["T_br"], other: ["T_w_max", "lost_warm"] },
  { id: "DO_in", pair: "DO_out", key: "do_in_mmhg", same: ["DO_in"], lack: [], other: ["DO_out"] },
  { id: "pH", key: "ph", same: ["pH"] },
  { id: "heparin", same: [], other: ["hep_over", "hep_short", "hep_past_cap", "hep_back", "hep_stop_s", "HP_force", "V_hep"] },
  { id: "W_r", same: ["W_r"], other: ["LVL_r", "LVL_W_r"] },
  { id: "balance", same: ["balance", "balance_abs"], other: ["balance_away", "touch_s", "session_balance"] },
];
const SVG_R = 42;
const MARGIN = 0.08;
/** A flow farther from its set point than this share shows what is commanded; the loop trims the pump all the time. */
const AWAY = 0.1;
/** mL/min below which a flow that was told to stand does. */
const STANDS = 1;
/** The clamps between the machine and the patient. */
const PATIENT_CLAMPS = ["POS_AC", "POS_VC", "POS_PC"];

/** The alarm a cell shows, or null: the first, in the banner's order, of a rule on one of its channels.
 * `side` is what the person reads: HIGH or LOW of the shown figure, or "" when the rule looks at something else. Pure. */
export function cellAlarm(spec, alarms, rules) {
  const rank = { HIGH: 3, MEDIUM: 2, LOW: 1 };
  const sorted = [...alarms].sort((a, b) => (rank[b.priority] ?? 0) - (rank[a.priority] ?? 0));
  for (const alarm of sorted) {
    const rule = rules[alarm.rule];
    if (!rule || !rank[alarm.priority]) continue;
    if (spec.same?.includes(rule.channel)) return { alarm, rule, side: rule.side > 0 ? "HIGH" : "LOW", own: true };
    if (spec.lack?.includes(rule.channel)) return { alarm, rule, side: rule.side > 0 ? "LOW" : "HIGH", own: false };
    if (spec.other?.includes(rule.channel)) return { alarm, rule, side: "", own: false };
  }
  return null;
}

/** The span of a bar: its limits with a margin, 0 and the value now always inside. Pure. */
export function span(limits, value) {
  const all = [0, ...limits.map((l) => l.value), ...(value === null ? [] : [value])];
  const [lo, hi] = [Math.min(...all), Math.max(...all)];
  const room = (hi - lo || 1) * MARGIN;
  return [lo - room, hi + room];
}

class Bar {
  constructor() {
    this.ticks = h("span", { cls: "bar-ticks" });
    this.mark = h("span", { cls: "bar-now" });
    this.el = h("span", { cls: "bar", "aria-hidden": "true" }, this.ticks, this.mark);
    this.lo = h("span", { cls: "digits bar-lo" });
    this.hi = h("span", { cls: "digits bar-hi" });
  }

  update(limits, value) {
    const [lo, hi] = span(limits, value);
    const place = (v) => `${(100 * (v - lo)) / (hi - lo)}%`;
    const key = JSON.stringify([lo.toFixed(1), hi.toFixed(1), limits.map((l) => [l.value, l.priority])]);
    keyed(this.ticks, key, () => {
      const above = limits.filter((l) => l.side > 0);
      const below = limits.filter((l) => l.side < 0);
      const zones = [];
      if (above.length) zones.push(h("i", { cls: "zone zone-hi", "--at": place(Math.min(...above.map((l) => l.value))) }));
      if (below.length) zones.push(h("i", { cls: "zone zone-lo", "--at": place(Math.max(...below.map((l) => l.value))) }));
      return [...zones, h("i", { cls: "zero", "--at": place(0) }), ...limits.map((l) => h("i", { cls: "tick", "--at": place(l.value) }))];
    });
    const side = (s) => limits.filter((l) => l.side === s).map((l) => l.value);
    text(this.lo, side(-1).length ? fixed(Math.max(...side(-1))) : "");
    text(this.hi, side(1).length ? fixed(Math.min(...side(1))) : "");
    show(this.mark, value !== null);
    if (value !== null) prop(this.mark, "--at", place(value));
  }
}

/** Colour, shape and words of an alarm on a cell. */
class Flag {
  constructor(app, cell, spec) {
    this.app = app;
    this.cell = cell;
    this.spec = spec;
    this.el = h("span", { cls: "flag" });
  }

  update(state) {
    const found = cellAlarm(this.spec, state.alarms, this.app.by.rules);
    const was = found?.own && this.#inside(found.rule);
    const key = found ? `${found.alarm.rule} ${standing(found.alarm)} ${found.alarm.priority} ${was}` : "";
    if (this.key === key) return found;
    this.key = key;
    for (const p of ["HIGH", "MEDIUM", "LOW"]) cls(this.cell, `p-${p}`, found?.alarm.priority === p);
    for (const s of ["active", "latched", "acked"]) cls(this.cell, `is-${s}`, found && standing(found.alarm) === s);
    cls(this.cell, "alarmed", found);
    this.el.replaceChildren(...(found ? this.#words(found, was).filter(Boolean) : []));
    return found;
  }

  /** An alarm holds on for some seconds after its figure is back: the word must not contradict the figure. */
  #inside(rule) {
    const limit = this.app.limit(rule.limit);
    const seen = this.app.view(this.spec.same[0]);
    return limit !== null && seen.good && rule.side * (seen.value - limit) < 0;
  }

  #words({ alarm, rule, side, own }, was) {
    const { app } = this;
    const limit = app.limit(rule.limit);
    const row = app.by.channels[rule.channel];
    attr(this.el, "title", app.rule(alarm.rule).title);
    const of = `run.of_${rule.channel}`;
    const words = app.t(side ? `run.${was ? "was_" : ""}${side}` : app.words.has(of) ? of : "run.ALARM");
    return [shape(alarm.priority), h("b", {}, words),
      own && !was && limit !== null && h("span", { cls: "digits" }, `${rule.side > 0 ? "≥" : "≤"} ${fixed(limit, row?.decimals ?? 0)}`)];
  }
}

function flowRow(app, spec) {
  const num = h("span", { cls: "num flow-num" });
  const set = h("span", { cls: "flow-set" });
  const more = h("span", { cls: "flow-more" });
  const edit = spec.key
    ? h("button", { type: "button", cls: "edit", "data-edit": spec.key, "aria-keyshortcuts": spec.hot, onclick: () => app.edit(spec.key, edit) }, app.t("run.edit"))
    : h("span", { cls: "auto" }, app.t("run.auto"));
  if (spec.key) attr(edit, "aria-label", `${app.t("run.edit")} ${app.t(`run.${spec.id}`)}`);
  const box = h("div", { cls: "flow-value" }, num);
  const el = h("div", { cls: `flow flow-${spec.id}` }, h("span", { cls: "flow-name" }, app.t(`run.${spec.id}`), h("small", { cls: "unit" }, app.by.channels[spec.channel]?.unit ?? "")),
    box, h("div", { cls: "flow-side" }, set, more), edit);
  const flag = new Flag(app, el, { same: spec.same, lack: spec.lack, other: spec.other });
  el.querySelector(".flow-side").append(flag.el);
  const decimals = app.by.channels[spec.channel]?.decimals ?? 0;
  return {
    el,
    update(state) {
      const command = app.command(spec.pump);
      const seen = app.figure(num, command === 0 ? spec.same[0] : spec.channel);
      const found = flag.update(state);
      if (!spec.key) {
        text(set, halted(app, command, seen, null, decimals) || app.t("run.auto_is"));
        text(more, app.t("run.commanded", { value: fixed(command, decimals) }));
        return;
      }
      const now = app.setPoint(spec.key)?.now ?? null;
      const change = app.change?.(spec.key) ?? { is: "" };
      const is = app.t("run.set", { value: fixed(now, decimals) });
      const said = halted(app, command, seen, now, decimals);
      text(set, said || is);
      const away = seen.good && now !== null && Math.abs(seen.value - now) > AWAY * now;
      const ramping = command !== null && (state.session.state === "RAMP" || away);
      let words = "";
      if (change.is) words = app.t(`run.${change.is}`, { value: fixed(change.value, decimals) });
      else if (said) words = is;
      else if (ramping) words = app.t("run.commanded", { value: fixed(command, decimals) });
      else if (spec.id === "plasma") words = app.t("run.ratio", { ratio: percent(app, "Qp_Qb"), share: percent(app, "plasma_share") });
      text(more, words);
      show(more, !found || change.is);
      cls(more, "changing", change.is);
    },
  };
}

/** What the machine has made of a set point by itself, said before it: stopping, stopped, slowed, or "". */
function halted(app, command, seen, set, decimals) {
  if (command === 0 && seen.good) return app.t(Math.abs(seen.value) > STANDS ? "run.stopping" : "run.stopped");
  const lowered = command !== null && set !== null && command < (1 - AWAY) * set;
  return lowered && ["PAUSE", "SAFE"].includes(app.session().phase) ? app.t("run.slowed", { value: fixed(command, decimals) }) : "";
}

function percent(app, id) {
  const seen = app.view(id);
  return seen.good ? fixed(100 * seen.value) : DASHES;
}

function pressureRow(app, spec) {
  const num = h("span", { cls: "num" });
  const second = spec.pair ? h("span", { cls: "num" }) : null;
  const bar = new Bar();
  const limits = h("span", { cls: "press-limits" }, bar.lo, bar.hi);
  const el = h("div", { cls: `press${spec.pair ? " pair" : ""}` }, h("span", { cls: "press-name" }, app.t(`run.${spec.id}`)),
    h("span", { cls: "press-num" }, num, second && h("span", { cls: "slash" }, "/"), second), h("div", { cls: "press-bar" }, bar.el, limits));
  const flag = new Flag(app, el, { same: [spec.id, ...spec.also], lack: spec.lack, other: spec.other });
  el.querySelector(".press-bar").append(flag.el);
  const shown = spec.bar ?? spec.id;
  return {
    el,
    update(state) {
      app.figure(num, spec.id);
      if (second) app.figure(second, spec.pair);
      const rules = [shown, ...(spec.bar ? [] : spec.also)].flatMap((c) => limitsOf(app.tables.rules, app.hello.limits?.value, c));
      const now = rules.filter((r) => r.armed.includes(state.session.state));
      const seen = app.view(shown);
      bar.update(now, seen.good ? seen.value : null);
      show(bar.el, now.length);
      if (rules.length && !now.length) text(bar.lo, app.t("run.limits_off"));
      show(limits, !flag.update(state));
      if (spec.bar) attr(bar.el, "title", app.t("run.bar_drop", { value: seen.text }));
    },
  };
}

function smallCell(app, spec) {
  const num = h("span", { cls: "num small-num" });
  const second = spec.pair ? h("span", { cls: "num small-num" }) : null;
  const more = h("span", { cls: "small-more digits" });
  const line = h("span", { cls: "small-row" }, h("span", { cls: "small-line" }, num, second && h("span", { cls: "slash" }, "/"), second), more);
  const inside = [h("span", { cls: "small-row" }, h("span", { cls: "label" }, app.t(`run.${spec.id}`)),
    h("span", { cls: "unit" }, app.t(`run.unit_${spec.id}`))), line];
  const el = spec.key
    ? h("button", { type: "button", cls: "small edit-cell", "data-edit": spec.key, onclick: () => app.edit(spec.key, el) }, inside)
    : h("div", { cls: "small" }, inside);
  const flag = new Flag(app, el, spec);
  line.append(flag.el);
  return {
    el,
    update(state) {
      const found = flag.update(state);
      show(more, !found);
      if (spec.id === "heparin") {
        heparin(app, num, more);
        return;
      }
      app.figure(num, spec.id, spec.id === "balance" ? (v) => signed(v) : undefined);
      if (second) app.figure(second, spec.pair);
      if (spec.key) {
        const sp = app.setPoint(spec.key);
        const change = app.change?.(spec.key) ?? { is: "" };
        const decimals = app.by.channels[spec.id].decimals;
        text(more, app.t(`run.${change.is || "set"}`, { value: fixed(change.is ? change.value : sp?.now, decimals) }));
      } else if (spec.id === "balance") text(more, app.t("run.limit", { value: fixed(app.limit("balance_warn_ml")) }));
      else if (spec.id === "W_r") text(more, app.t("run.band", { lo: fixed(app.limit("w_r_low_g")), hi: fixed(app.limit("w_r_high_g")) }));
    },
  };
}

/** The rate commanded, and how long the solution lasts to its cap. */
function heparin(app, num, more) {
  const rate = app.command("HP");
  text(num, rate === null ? DASHES : fixed(rate, 1));
  cls(num, "bad", rate === null);
  const given = app.view("V_hep");
  const cap = app.hello.prescription?.anticoagulation?.cap_ml;
  const lasts = given.good && rate > 0 && cap ? ((cap - given.value) / rate) * 3600 : null;
  text(more, lasts === null ? app.t("run.given", { value: given.text }) : app.t("run.lasts", { left: hours(lasts) }));
}

/** Whether the patient is clamped off, in words. */
function clampWords(app) {
  if (PATIENT_CLAMPS.some((id) => !app.view(id).good)) return DASHES;
  const shut = PATIENT_CLAMPS.filter((id) => app.view(id).value === 0);
  if (shut.length === 0) return app.t("run.clamps_open");
  return shut.length === PATIENT_CLAMPS.length ? app.t("run.clamps_closed")
    : app.t("run.clamps_some", { shut: shut.map((id) => app.t(`run.clamp_${id}`)).join(", ") });
}

function sessionPanel(app) {
  const p = app.hello.prescription ?? {};
  const window_s = p.marks?.window_s ?? 0;
  const arc = (name) => svg("circle", { cls: name, cx: 50, cy: 50, r: SVG_R, pathLength: 1, fill: "none" });
  const [band, done] = [arc("ring-band"), arc("ring-done")];
  const passed = h("span", { cls: "digits ring-digits" });
  const ring = h("button", { type: "button", cls: "ring quiet", "aria-expanded": "false", "aria-label": app.t("run.clocks"), onclick: () => {
    four = !four;
    attr(ring, "aria-expanded", String(four));
    if (app.state) update(app.state);
  } }, svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, arc("ring-track"), band, done), h("span", { cls: "ring-in" }, passed, h("small", {}, app.t("run.done"))));
  const left = h("span", { cls: "num left-num" });
  const name = h("h2", { cls: "state-name" });
  let four = false;
  const rows = ["window", "end", "not_counted", "effective", "blood_time", "wall", "in_state", "clamps"].map((id) => {
    const value = h("span", { cls: "digits" });
    return { id, value, el: h("div", { cls: "clock-row" }, h("span", { cls: "label" }, app.t(`run.c_${id}`)), value) };
  });
  const leftLabel = h("span", { cls: "label" });
  const el = h("section", { cls: "panel session", "aria-label": app.t("run.session") }, name, h("div", { cls: "ring-row" }, ring), h("div", { cls: "left" }, left, leftLabel),
    h("div", { cls: "clocks" }, rows.map((r) => r.el)));

  function update(state) {
    const s = state.session;
    const nominal = (p.nominal_h ?? 0) * 3600 + seconds(s.extension_ns);
    const effective = seconds(s.effective_ns);
    const remaining = nominal - effective;
    const whole = (p.nominal_h ?? 0) * 3600 + window_s || 1;
    attr(done, "stroke-dasharray", `${Math.min(1, effective / whole)} 2`);
    attr(band, "stroke-dasharray", `0 ${Math.max(0, ((p.nominal_h ?? 0) * 3600 - window_s) / whole)} ${(2 * window_s) / whole} 2`);
    const on = (v) => (app.fresh ? v : DASHES);
    text(passed, on(duration(effective, 1)));
    text(left, on(duration(Math.abs(remaining), 1)));
    cls(left, "bad", !app.fresh);
    text(leftLabel, app.t(remaining < 0 ? "run.over" : "run.left"));
    text(name, app.words.text("state", s.state));
    attr(name, "title", name.textContent);
    cls(name, "halted", s.phase === "PAUSE" || s.phase === "SAFE");
    const wall = app.wall();
    const runs = s.state === "TREAT";
    const ends = wall ? new Date(wall.getTime() + 1000 * Math.max(0, remaining)) : null;
    const said = {
      window: `${hours((p.nominal_h ?? 0) * 3600 - window_s)} – ${hours((p.nominal_h ?? 0) * 3600 + window_s)}`,
      end: ends ? `${runs ? "" : "≥ "}${clock(ends)}` : DASHES,
      not_counted: short(seconds(s.wall_ns) - effective),
      effective: duration(effective, 1), blood_time: duration(seconds(s.blood_ns), 1), wall: duration(seconds(s.wall_ns), 1),
      in_state: short(seconds(s.in_state_ns)), clamps: clampWords(app),
    };
    const halted = s.phase === "PAUSE" || s.phase === "SAFE";
    const first = ["window", "end", halted ? "clamps" : "not_counted"];
    for (const row of rows) {
      show(row.el, four ? ["effective", "blood_time", "wall", "in_state"].includes(row.id) : first.includes(row.id));
      text(row.value, row.id === "window" ? said.window : on(said[row.id]));
    }
  }
  return { el, update };
}

export const page = {
  id: "run",
  mount(root, app) {
    const session = sessionPanel(app);
    const flows = FLOWS.map((spec) => flowRow(app, spec));
    const pressures = PRESSURES.map((spec) => pressureRow(app, spec));
    const small = SMALL.map((spec) => smallCell(app, spec));
    const strip = h("section", { id: "strip", cls: "panel", "aria-label": app.t("run.strip") });
    root.append(h("div", { cls: "run" }, session.el,
      h("section", { cls: "middle", "aria-label": app.t("run.flows") }, h("div", { cls: "panel flows" }, flows.map((f) => f.el)), h("div", { cls: "panel smalls" }, small.map((c) => c.el))),
      h("section", { cls: "panel pressures", "aria-label": app.t("run.pressures") }, h("div", { cls: "row press-head" }, h("span", { cls: "label" }, app.t("run.pressures")), h("span", { cls: "unit" }, "mmHg")), pressures.map((r) => r.el)),
      strip));
    this.parts = [session, ...flows, ...pressures, ...small];
    import("./strip.js").then((module) => {
      module.mountStrip(strip, app);
      this.strip = module;
      if (app.state) module.updateStrip?.(app.state, app);
    }, () => strip.append(h("p", { cls: "muted" }, app.t("run.no_strip"))));
  },
  update(state, app) {
    for (const part of this.parts) part.update(state);
    this.strip?.updateStrip?.(state, app);
  },
};
