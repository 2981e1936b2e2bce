// Pause, end and hand over: what may be done now and what each means, the progress of the rinse-back, the evidence that the
// patient is off, and what the session came to.

import { attr, cls, h, keyed, prop, show, text } from "./dom.js";
import { DASHES, duration, fixed, seconds, short, signed, view } from "./figures.js";
import { actionButton } from "./act.js";
import { alarmMarks } from "./strip.js";

/** What may be asked for, in the order of a person's thought; a card is shown in the states of its action. */
const GROUPS = [
  ["pause", ["resume", "pause_plasma", "pause_stopped", "pause_off"]],
  ["end", ["end", "extend", "end_without_plasma", "end_without_rinse"]],
  ["rinse", ["rinse_next"]],
  ["off", ["disconnected"]],
  ["other", ["abort"]],
];
const STILL_RPM = 0.2;
const CLAMPS = ["POS_AC", "POS_VC", "POS_PC"];
const PRIORITIES = ["HIGH", "MEDIUM", "LOW"];
const REPORT_MS = 2000;
/** Minutes an extension may be asked for, as far as the prescription lets it. */
const EXTENSIONS_MIN = [0.25, 0.5, 5, 10, 15];

/** How far something is, 0 to 1. Pure. */
export const share = (done, whole) => (typeof done === "number" && whole > 0 ? Math.max(0, Math.min(1, done / whole)) : 0);

/** The end's label by the rules of time: short, inside, over; `window_s` on either side of nominal. Pure. */
export function label(effective_s, nominal_s, window_s) {
  if (effective_s < nominal_s - window_s) return "short";
  return effective_s > nominal_s + window_s ? "over" : "inside";
}

function card(app, id) {
  const p = app.hello.prescription ?? {};
  const plan = { id, cls: id === "resume" || id === "disconnected" ? "primary big" : "big" };
  if (id === "extend") {
    const most = (p.marks?.extension_max_s ?? 0) / 60;
    plan.choices = EXTENSIONS_MIN.filter((m) => m <= most).map((m) => ({ value: m * 60, label: app.t("end.minutes", { m: fixed(m, m < 1 ? 2 : 0) }) }));
  }
  const button = actionButton(app, plan);
  const el = h("div", { cls: "en-card" }, h("p", { cls: "en-what" }, app.t(`end.${id}`)), button.el);
  return { id, el, states: new Set(app.by.actions[id]?.states ?? []) };
}

function bar(app, key) {
  const fill = h("i", {});
  const said = h("span", { cls: "digits" });
  const el = h("div", { cls: "en-bar" }, h("span", { cls: "label" }, app.t(`end.${key}`)), h("span", { cls: "su-bar", "aria-hidden": "true" }, fill), said);
  return { el, update(done, whole, words) { prop(fill, "--at", `${100 * share(done, whole)}%`); text(said, words); } };
}

function evidence(app, key) {
  const mark = h("span", { cls: "su-mark", "aria-hidden": "true" });
  const said = h("span", { cls: "digits" });
  const el = h("li", {}, mark, h("span", { cls: "grow" }, app.t(`end.${key}`)), said);
  return { el, update(ok, words) { cls(mark, "yes", ok); attr(mark, "data-ok", String(ok)); text(said, words); } };
}

/** The fluid that is on its way back, and what shows that nobody is connected. */
function progressPanel(app) {
  const back = app.hello.prescription?.rinseback ?? {};
  const plasma = bar(app, "plasma_back");
  const left = bar(app, "reservoir");
  const blood = bar(app, "blood_back");
  const pump = evidence(app, "ev_pump");
  const clamps = evidence(app, "ev_clamps");
  const stood = evidence(app, "ev_stood");
  const rinse = h("div", { cls: "col" }, plasma.el, left.el, blood.el);
  const off = h("ul", { cls: "en-evidence" }, pump.el, clamps.el, stood.el);
  const full = app.hello.prescription?.preparation?.reservoir_g ?? 150;
  return {
    el: h("div", { cls: "col" }, rinse, off),
    update(state) {
      const name = state.session.state;
      show(rinse, name.startsWith("RINSE_"));
      show(off, name === "DISCONNECT");
      show(plasma.el, back.chase_ml > 0);
      const chase = app.view("rinse_chase"), saline = app.view("rinse_saline"), weight = app.view("W_r");
      plasma.update(chase.value, back.chase_ml, app.t("end.of_ml", { done: chase.good ? fixed(chase.value) : DASHES, whole: fixed(back.chase_ml) }));
      const gone = weight.good ? full - weight.value : null;
      left.update(gone, full - back.reservoir_end_g, app.t("end.down_to", { now: weight.good ? fixed(weight.value) : DASHES, end: fixed(back.reservoir_end_g) }));
      blood.update(saline.value, back.saline_ml, app.t("end.of_ml", { done: saline.good ? fixed(saline.value) : DASHES, whole: fixed(back.saline_ml) }));
      const turns = app.view("N_bp");
      pump.update(turns.good && Math.abs(turns.value) < STILL_RPM, turns.good ? `${fixed(turns.value, 1)} ${turns.unit}` : DASHES);
      const shut = CLAMPS.map((id) => app.view(id)).filter((v) => v.good && v.value === 0).length;
      clamps.update(shut === CLAMPS.length, app.t("end.of_clamps", { shut, all: CLAMPS.length }));
      const s = seconds(state.session.in_state_ns);
      stood.update(s >= (back.disconnect_s ?? 0), app.t("end.of_s", { s: fixed(Math.floor(s)), whole: fixed(back.disconnect_s) }));
    },
  };
}

/** What the session has come to so far: rows of words and figures. */
function ledger(app) {
  const p = app.hello.prescription ?? {};
  const nominal = (p.nominal_h ?? 0) * 3600;
  const window = p.marks?.window_s ?? 0;
  const keys = ["effective", "label", "blood", "wall", "extension", "plasma", "balance", "session_balance", "alarms", "chain"];
  const cells = Object.fromEntries(keys.map((key) => [key, h("dd", { cls: "digits" })]));
  const el = h("dl", { cls: "en-ledger" }, keys.map((key) => h("div", {}, h("dt", { cls: "label" }, app.t(`end.${key}`)), cells[key])));
  return {
    el,
    update(state) {
      const s = state.session;
      const effective = seconds(s.effective_ns);
      const wanted = (p.flows?.plasma_ml_min ?? 0) * (nominal / 60);
      text(cells.effective, app.t("end.of", { done: duration(effective, 1), whole: duration(nominal, 1) }));
      text(cells.label, app.t(`end.is_${label(effective, nominal, window)}`, { window: short(window) }));
      text(cells.blood, duration(seconds(s.blood_ns), 1));
      text(cells.wall, duration(seconds(s.wall_ns), 1));
      text(cells.extension, s.extension_ns ? short(seconds(s.extension_ns)) : app.t("end.none"));
      text(cells.plasma, app.t("end.of_l", { done: fixed(s.plasma_ml / 1000, 2), whole: fixed(wanted / 1000, 2) }));
      for (const id of ["balance", "session_balance"]) {
        if (s.state === "ENDED") text(cells[id], `${signed(view(app.by.channels[id], state).value)} mL`); // the last word, not a figure of now
        else app.figure(cells[id], id, (v) => `${signed(v)} mL`);
      }
      const marks = alarmMarks(app);
      text(cells.alarms, app.t("end.alarms_are", Object.fromEntries(PRIORITIES.map((name) => [name, marks.filter((m) => m.priority === name).length]))));
      text(cells.chain, `${state.chain?.n ?? 0} · ${(state.chain?.head ?? "").slice(0, 16)}`);
    },
  };
}

function reportLink(app) {
  const link = h("a", { cls: "button primary big", href: "/api/report", target: "_blank", rel: "noopener" }, app.t("end.report"));
  const wait = h("p", { cls: "muted" }, app.t("end.report_wait"));
  const el = h("div", { cls: "col" }, link, wait);
  let there = false;
  let busy = false;
  let asked = 0;
  return {
    el,
    async update(ended) {
      show(el, ended);
      show(link, there);
      show(wait, !there);
      if (!ended || there || busy || Date.now() - asked < REPORT_MS) return;
      busy = true;
      try {
        there = (await fetch("/api/report", { credentials: "same-origin", cache: "no-store" })).ok;
      } catch {
        there = false;
      }
      asked = Date.now();
      busy = false;
    },
  };
}

let parts = null;

export const page = {
  id: "end",
  mount(root, app) {
    const title = h("h2", {});
    const says = h("p", { cls: "en-says" });
    const groups = GROUPS.map(([key, ids]) => {
      const cards = ids.map((id) => card(app, id));
      return { el: h("section", { cls: "en-group" }, h("h3", { cls: "label" }, app.t(`end.group_${key}`)), h("div", { cls: "en-cards" }, cards.map((c) => c.el))), cards };
    });
    const progress = progressPanel(app);
    const sums = ledger(app);
    const report = reportLink(app);
    root.append(h("div", { cls: "en" },
      h("section", { cls: "panel en-now", tabindex: "0" }, title, says, progress.el, groups.map((g) => g.el)),
      h("section", { cls: "panel en-sums" }, h("h2", {}, app.t("end.sums")), sums.el, report.el)));
    parts = { title, says, groups, progress, sums, report };
  },
  update(state, app) {
    const name = state.session.state;
    text(parts.title, app.words.text("state", name));
    const key = app.words.has(`end.at_${name}`) ? name : "ANY";
    text(parts.says, app.t(`end.at_${key}`));
    for (const group of parts.groups) {
      for (const c of group.cards) show(c.el, c.states.has(name));
      show(group.el, group.cards.some((c) => c.states.has(name)));
    }
    parts.progress.update(state);
    parts.sums.update(state);
    parts.report.update(name === "ENDED");
  },
};
