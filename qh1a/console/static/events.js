// What happened, newest first, and notes.

import { attr, h, keyed, shape, show, text } from "./dom.js";
import { duration, fixed } from "./figures.js";
import { actionButton } from "./act.js";
import { heard, wall } from "./strip.js";

const NS = 1e9;
const MOST = 500;
const AUDIBLE = new Set(["HIGH", "MEDIUM", "LOW"]);
/** Kinds of events, by their codes; what is in none is the machine's. */
const KINDS = {
  alarm: new Set(["ALARM_RAISED", "ALARM_CLEARED", "ALARM_ACKNOWLEDGED", "ALARM_RESET", "ALARM_ESCALATED", "ALARM_REMINDED", "AUDIO_PAUSED", "AUDIO_RESUMED"]),
  person: new Set(["INTENT_TAKEN", "INTENT_REFUSED", "ENTERED", "EXTENDED"]),
  session: new Set(["STATE", "END_PROMPT", "FROZEN", "OUTCOME", "GAP", "CHECK_PASSED", "CHECK_FAILED"]),
};
const FILTERS = ["all", "alarm", "person", "session", "machine", "note"];
const isNote = (e) => e.code === "ENTERED" && e.subject === "note";

/** The kind of an event: alarm, person, session, machine or note. Pure. */
export function kindOf(event) {
  if (isNote(event)) return "note";
  return Object.keys(KINDS).find((kind) => KINDS[kind].has(event.code)) ?? "machine";
}

function figure(value) {
  return typeof value === "number" && Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "";
}

function bits(app, value) {
  const names = [];
  for (let at = 0; at < 24; at += 1) if ((Math.trunc(value ?? 0) >> at) & 1) names.push(`I${at + 1}`);
  return names.join(", ") || app.words.text("interlock", "NONE");
}

/** An event in words, as `Texts.told` of the core says it: every {place} by what the event carries. Pure but for `app`. */
export function told(app, event) {
  const { subject, detail, value } = event;
  if (isNote(event)) return detail;
  const named = (kind, id) => app.words.texts[kind]?.[id] ?? "";
  const places = {
    subject, detail, value: figure(value), rule: app.by.rules[subject] ? app.rule(subject).title : "", state: named("state", subject),
    intent: named("intent", subject), response: named("response", subject), priority: named("priority", detail), outcome: named("outcome", detail),
    refusal: named("refusal", detail), bits: event.code === "INTERLOCK" ? bits(app, value) : "",
  };
  const phrase = app.words.texts.event?.[event.code] ?? `${event.code} {subject} {detail}`;
  return phrase.replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? "")).trim();
}

function row(app, event) {
  const priority = event.code === "ALARM_RAISED" && AUDIBLE.has(event.detail) ? event.detail : null;
  return h("tr", { "data-kind": kindOf(event) },
    h("td", { cls: "num digits" }, duration(event.now / NS)),
    h("td", { cls: "num digits" }, app.state?.speed === 1 ? wall(app, event.now / NS) : ""), // session time and clock run apart otherwise
    h("td", {}, app.t(`events.kind_${kindOf(event)}`)),
    h("td", { cls: "ev-said" }, priority && h("span", { cls: `chip p-${priority}` }, shape(priority)), " ", told(app, event)));
}

let parts = null;

export const page = {
  id: "events",
  mount(root, app) {
    const log = heard(app);
    let filter = "all";
    const body = h("tbody", {});
    const none = h("p", { cls: "muted" }, app.t("events.none"));
    const more = h("p", { cls: "muted" });
    const filters = FILTERS.map((id) => h("button", { type: "button", "aria-pressed": String(id === filter), onclick: () => {
      filter = id;
      filters.forEach((b, n) => attr(b, "aria-pressed", String(FILTERS[n] === id)));
      draw();
    } }, app.t(`events.filter_${id}`)));
    const input = h("input", { type: "text", maxlength: 300, autocomplete: "off", id: "note" });
    const button = actionButton(app, { id: "note", cls: "big", text: () => input.value.trim(), direct: () => true,
      done: (answer) => { if (answer.delivered === "taken") input.value = ""; } });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.repeat && input.value.trim()) button.el.click();
    });
    app.key("n", () => { app.go("events"); input.focus(); });
    function draw() {
      const found = log.list.filter((e) => filter === "all" || kindOf(e) === filter);
      const shown = found.slice(-MOST).reverse();
      keyed(body, `${filter} ${log.version} ${shown[0]?.number ?? 0} ${shown.length}`, () => shown.map((e) => row(app, e)));
      show(none, shown.length === 0);
      show(more, found.length > shown.length);
      text(more, app.t("events.older", { n: fixed(found.length - shown.length) }));
    }
    root.append(h("div", { cls: "ev" },
      h("div", { cls: "row wrap" }, filters),
      h("div", { cls: "table-box", tabindex: "0", role: "region", "aria-label": app.t("events.title") }, h("table", {},
        h("thead", {}, h("tr", {}, ["therapy", "clock", "kind", "what"].map((c) => h("th", { scope: "col" }, app.t(`events.col_${c}`))))), body), none, more),
      h("div", { cls: "ev-note" }, h("label", { cls: "field grow", for: "note" }, app.t("events.note"), input), button.el)));
    parts = { draw };
  },
  update() {
    parts.draw();
  },
};
