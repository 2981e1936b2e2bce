// Balance and dose: what the patient gained or lost, of what that is made, and what the treatment has given so far.

import { h, prop, show, text } from "./dom.js";
import { DASHES, fixed, seconds, short, signed } from "./figures.js";
import { actionButton } from "./act.js";
import { alarmMarks } from "./strip.js";

const NS = 1e9;
const HOUR_S = 3600;
const PARTS = ["session_balance", "W_r", "W_sp", "W_s", "W_w", "V_hep"];
const DOSE = ["plasma", "rate", "effective", "ratio", "heparin", "heparin_left", "alarms"];
const DEPTH = 1.25;

/** The limits of the net balance by its rules, smallest first. Pure. */
export function balanceLimits(rules, limits) {
  const keys = [...new Set(rules.filter((r) => r.channel === "balance_abs").map((r) => r.limit))];
  return keys.map((key) => limits?.[key]).filter((v) => typeof v === "number").sort((a, b) => a - b);
}

/** mL of a text; undefined where it is none, so that nothing is taken for a sample of 0 mL. Pure. */
export function volume(words) {
  const value = Number(words.trim().replace(",", "."));
  return words.trim() && Number.isFinite(value) && value > 0 ? value : undefined;
}

function rows(app, table, keys) {
  const cells = Object.fromEntries(keys.map((key) => [key, h("dd", { cls: "digits" })]));
  const el = h("dl", { cls: "en-ledger" }, keys.map((key) => h("div", {}, h("dt", { cls: "label" }, app.t(`balance.${key}`)), cells[key])));
  return { el, cells };
}

/** Minus, 0 and plus with both limits, and where the balance stands. */
function gauge(app, limits) {
  const most = DEPTH * (limits.at(-1) ?? 150);
  const place = (v) => `${50 + (50 * Math.max(-most, Math.min(most, v))) / most}%`;
  const mark = h("span", { cls: "ba-now" });
  const ticks = [0, ...limits.flatMap((v) => [-v, v])].map((v) => h("i", { cls: v === 0 ? "ba-zero" : "ba-tick", "--at": place(v) }, h("span", { cls: "digits" }, signed(v))));
  const el = h("div", { cls: "ba-gauge", "aria-hidden": "true" }, ticks, mark);
  return { el, update(value) { show(mark, value !== null); if (value !== null) prop(mark, "--at", place(value)); } };
}

let parts = null;

export const page = {
  id: "balance",
  mount(root, app) {
    const limits = balanceLimits(app.tables.rules, app.hello.limits?.value);
    const big = h("span", { cls: "num ba-big" });
    const way = h("p", { cls: "ba-way" });
    const away = h("p", { cls: "digits" });
    const line = gauge(app, limits);
    const of = rows(app, "balance", PARTS);
    const dose = rows(app, "balance", DOSE);
    const sample = h("input", { type: "text", inputmode: "decimal", id: "sample", maxlength: 5, autocomplete: "off" });
    const taken = actionButton(app, { id: "enter_sample", cls: "big", direct: () => true, value: () => volume(sample.value),
      done: (answer) => { if (answer.delivered === "taken") sample.value = ""; } });
    root.append(h("div", { cls: "ba" },
      h("section", { cls: "panel ba-net" }, h("h2", {}, app.t("balance.net")),
        h("div", { cls: "row" }, big, h("span", { cls: "unit" }, "mL"), way), line.el, away,
        h("h3", { cls: "label" }, app.t("balance.parts")), of.el,
        h("div", { cls: "ev-note" }, h("label", { cls: "field grow", for: "sample" }, app.t("balance.sample"), sample), taken.el)),
      h("section", { cls: "panel" }, h("h2", {}, app.t("balance.dose")), dose.el)));
    parts = { big, way, away, line, of: of.cells, dose: dose.cells };
  },
  update(state, app) {
    const p = app.hello.prescription ?? {};
    const s = state.session;
    const net = app.figure(parts.big, "balance", (v) => signed(v));
    text(parts.way, net.good ? app.t(`balance.way_${Math.sign(Math.round(net.value))}`) : "");
    parts.line.update(net.good ? net.value : null);
    const moving = app.view("balance_away");
    text(parts.away, app.t("balance.away", { speed: moving.good ? signed(moving.value) : DASHES }));
    for (const id of PARTS) app.figure(parts.of[id], id, (v) => `${id.includes("balance") ? signed(v) : fixed(v, id === "V_hep" ? 2 : 0)} ${app.by.channels[id]?.unit ?? ""}`);
    const effective = seconds(s.effective_ns);
    const wallS = seconds(s.wall_ns);
    const nominal = (p.nominal_h ?? 0) * HOUR_S + seconds(s.extension_ns);
    const set = app.view("Q_p_set");
    const coming = set.good ? s.plasma_ml + (set.value * Math.max(0, nominal - effective)) / 60 : null;
    const litres = (ml) => (ml === null ? DASHES : fixed(ml / 1000, 2));
    text(parts.dose.plasma, app.t("balance.plasma_is", { done: litres(s.plasma_ml), end: litres(coming) }));
    const flow = app.view("Q_p_10s");
    text(parts.dose.rate, app.t("balance.rate_is", { now: flow.text, set: set.text }));
    text(parts.dose.effective, app.t("balance.effective_is", { done: short(effective), wall: short(wallS) }));
    text(parts.dose.ratio, wallS > 0 ? `${fixed((100 * effective) / wallS)} %` : DASHES);
    const given = app.view("V_hep");
    const cap = p.anticoagulation?.cap_ml ?? 0;
    const none = p.anticoagulation?.agent === "none";
    text(parts.dose.heparin, none ? app.t("balance.no_heparin") : `${given.text} mL`);
    text(parts.dose.heparin_left, none || !given.good ? DASHES : app.t("balance.left_is", { left: fixed(cap - given.value, 1), cap: fixed(cap, 1) }));
    const now = state.now / NS;
    const hour = alarmMarks(app).filter((m) => m.t > now - HOUR_S);
    text(parts.dose.alarms, fixed(hour.length));
  },
};
