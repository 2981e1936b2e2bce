// Alarms: what is present, what was, the limits in force, and every rule with its lamp and its margin.

import { attr, cls, h, shape, show, text } from "/static/dom.js";
import { DASHES, duration, fixed } from "/static/figures.js";
import { heard, unitText, wall } from "/static/strip.js";

const NS = 1e9;
const HOUR = 3600;
const RANK = { NONE: 0, LOW: 1, MEDIUM: 2, HIGH: 3 };
const AUDIBLE = ["HIGH", "MEDIUM", "LOW"];
const EPISODES = 200;
const LOADS = 10;
const SLOW_MS = 1000;

const digits = (app, rule) => app.by.channels[rule?.channel]?.decimals ?? 0;
const unit = (app, rule) => {
  const said = app.by.channels[rule?.channel]?.unit ?? "";
  return ["fraction", "code", "count", "open", "wet", "bits", "pH"].includes(said) ? "" : unitText(said);
};
/** A limit with as many decimals as it needs, at least those of its channel. */
const exact = (value, least = 0) => {
  if (typeof value !== "number") return DASHES;
  const own = (String(value).split(".")[1] ?? "").length;
  return fixed(value, Math.min(4, Math.max(least, own)));
};

/** Percent of the limit that is left before a rule trips: 0 at the limit, negative beyond; of a limit of zero only a side. */
export function margin(rule, limit, value) {
  if (typeof value !== "number" || typeof limit !== "number") return null;
  const left = (limit - value) * rule.side;
  if (left === 0) return 0;
  return limit ? (100 * left) / Math.abs(limit) : Math.sign(left) * Infinity;
}

/** The lamp of a rule: LATCHED, ACTIVE, NOT_FITTED, ARMED or NOT_ARMED. */
export function lamp(app, rule, state) {
  const alarm = state.alarms?.find((a) => a.rule === rule.id);
  if (alarm) return alarm.active ? "ACTIVE" : "LATCHED";
  if (app.view(rule.channel).quality === "NOT_FITTED") return "NOT_FITTED";
  return rule.armed.includes(state.session?.state) ? "ARMED" : "NOT_ARMED";
}

/** Alarms from their events, the newest first: {rule, priority, value, raised, cleared, acknowledged, who, reset, escalated}. */
export function episodes(events) {
  const open = new Map();
  const all = [];
  for (const e of events) {
    const t = e.now / NS;
    if (e.code === "ALARM_RAISED") {
      const found = { rule: e.subject, priority: e.detail, value: e.value, raised: t, cleared: null, acknowledged: null, who: "", reset: null, escalated: 0 };
      open.set(e.subject, found);
      all.push(found);
    }
    const found = open.get(e.subject);
    if (!found) continue;
    if (e.code === "ALARM_CLEARED") found.cleared ??= t;
    if (e.code === "ALARM_ESCALATED") found.escalated += 1;
    if (e.code === "ALARM_RESET") {
      found.reset = t;
      found.why = e.detail;
      open.delete(e.subject);
    }
    if (e.code === "ALARM_ACKNOWLEDGED" && found.acknowledged === null) {
      found.acknowledged = t;
      found.who = e.who ?? e.detail ?? "";
    }
  }
  return all.reverse();
}

/** How many alarms were raised in each hour of the session: [{hour, HIGH, MEDIUM, LOW}], the newest first. */
export function load(found) {
  const hours = new Map();
  for (const { raised, priority } of found) {
    if (!AUDIBLE.includes(priority)) continue;
    const hour = Math.floor(raised / HOUR);
    if (!hours.has(hour)) hours.set(hour, { hour, HIGH: 0, MEDIUM: 0, LOW: 0 });
    hours.get(hour)[priority] += 1;
  }
  return [...hours.values()].sort((a, b) => b.hour - a.hour);
}

const chip = (app, priority) => h("span", { cls: `chip p-${priority}` }, RANK[priority] ? shape(priority) : null, app.words.text("priority", priority));

const head = (app, keys) => h("thead", {}, h("tr", {}, keys.map(([key, right]) => h("th", { scope: "col", cls: right ? "num" : null }, app.t(`alarms.${key}`)))));

const region = (app, key, ...children) => h("div", { cls: "table-box", tabindex: "0", role: "region", "aria-label": app.t(`alarms.${key}`) }, ...children);

/** What is present now; rows stay where they are while they are the same. */
class Active {
  constructor(app) {
    this.app = app;
    this.rows = new Map();
    this.order = "";
    this.body = h("tbody", {});
    this.none = h("p", { cls: "muted alarms-none" }, app.t("alarms.none"));
    this.all = h("button", { type: "button", onclick: () => this.acknowledge("") }, app.t("alarms.ack_all"));
    this.box = region(app, "tab_active", h("table", { cls: "alarms-active" },
      head(app, [["col_time"], ["col_priority"], ["col_alarm"], ["col_value", true], ["col_state"], ["col_action"]]), this.body));
    this.node = h("div", { cls: "alarms-panel" }, h("div", { cls: "alarms-all" }, this.all), this.none, this.box);
    this.node.addEventListener("keydown", (e) => this.key(e));
  }

  key(event) {
    if (event.key.toLowerCase() !== "k" || event.ctrlKey || event.altKey || event.target.matches("input")) return;
    const row = event.target.closest("tr[data-rule]");
    if (!row) return;
    event.preventDefault();
    event.stopPropagation();
    this.acknowledge(row.dataset.rule);
  }

  row(alarm) {
    const app = this.app;
    const rule = app.by.rules[alarm.rule];
    const said = app.said(alarm);
    const [time, value, state] = [h("td", { cls: "num" }), h("strong", {}), h("td", {})];
    const against = rule && `${rule.side > 0 ? "\u2265" : "\u2264"} ${exact(app.limit(rule.limit))} ${unit(app, rule)}`;
    const button = h("button", { type: "button", cls: "alarms-ack", onclick: () => this.acknowledge(alarm.rule), "aria-label": app.t("alarms.ack_of", { title: said.title }) }, app.t("alarms.ack"));
    const cause = h("input", { type: "text", maxlength: 200, "aria-label": app.t("alarms.cause") });
    const asked = h("form", { cls: "alarms-cause", hidden: true }, h("label", { cls: "field" }, app.t("alarms.cause"), cause),
      h("button", { type: "submit" }, app.t("alarms.cause_send")));
    asked.addEventListener("submit", (event) => {
      event.preventDefault();
      if (cause.value.trim()) this.acknowledge(alarm.rule, cause.value.trim());
    });
    const tr = h("tr", { "data-rule": alarm.rule }, time, h("td", {}, chip(app, alarm.priority)),
      h("td", {}, h("strong", {}, said.title), " ", h("span", { cls: "muted" }, alarm.rule), h("div", {}, said.what),
        h("div", {}, h("span", { cls: "label" }, `${app.t("alarms.machine")} `), said.machine), h("div", {}, h("span", { cls: "label" }, `${app.t("alarms.you")} `), said.you), asked),
      h("td", { cls: "num" }, value, h("div", { cls: "muted" }, against)), state, h("td", {}, button));
    return { tr, time, value, state, button, asked, cause, rule };
  }

  update(state) {
    const app = this.app;
    const alarms = (state.alarms ?? []).filter((a) => a.priority !== "NONE")
      .sort((a, b) => RANK[b.priority] - RANK[a.priority] || b.since - a.since);
    const order = alarms.map((a) => `${a.rule}${a.since}${a.priority}`).join();
    if (order !== this.order) {
      this.order = order;
      const keep = new Map();
      for (const a of alarms) {
        const key = `${a.rule}${a.since}${a.priority}`;
        keep.set(key, this.rows.get(key) ?? this.row(a));
      }
      for (const [key, row] of this.rows) if (!keep.has(key)) row.tr.remove();
      [...keep.values()].forEach(({ tr }, i) => {
        if (this.body.children[i] !== tr) this.body.insertBefore(tr, this.body.children[i] ?? null);
      });
      this.rows = keep;
      show(this.none, !alarms.length);
      show(this.box, alarms.length > 0);
      show(this.all, alarms.length > 0);
    }
    const may = app.canAct("acknowledge");
    const why = may ? null : app.whyNot?.("acknowledge") || null;
    attr(this.all, "aria-disabled", may ? null : "true");
    attr(this.all, "title", why);
    for (const a of alarms) this.#write(this.rows.get(`${a.rule}${a.since}${a.priority}`), a, may, why);
  }

  #write(row, alarm, may, why) {
    const app = this.app;
    const since = alarm.since / NS;
    text(row.time, `${wall(app, since)} · ${duration(app.state.now / NS - since, 1)}`);
    if (row.rule) {
      const seen = app.view(row.rule.channel);
      text(row.value, seen.text);
      cls(row.value, "bad", !seen.good);
      attr(row.value, "title", seen.good ? null : app.quality(seen.quality));
    }
    const known = alarm.acknowledged ? `${app.t("alarms.acknowledged")}${this.who(alarm)}` : app.t("alarms.unacknowledged");
    text(row.state, `${app.t(alarm.active ? "alarms.active" : "alarms.latched")} · ${known}`);
    const done = alarm.acknowledged && row.asked.hidden;
    attr(row.button, "aria-disabled", may && !done ? null : "true");
    attr(row.button, "title", why);
    cls(row.tr, "quiet", alarm.acknowledged);
    if (alarm.acknowledged && !alarm.active && row.rule && app.by.rules[alarm.rule].asks_cause) show(row.asked, true);
  }

  who(alarm) {
    const found = heard(this.app).list.findLast((e) => e.code === "ALARM_ACKNOWLEDGED" && e.subject === alarm.rule);
    const name = found && (found.who ?? found.detail);
    return name ? ` (${name})` : "";
  }

  /** The frame says what came of it; here only the question for the cause is asked. */
  async acknowledge(rule, why) {
    const app = this.app;
    if (!app.canAct("acknowledge")) {
      app.say(app.whyNot("acknowledge"), "refused");
      return;
    }
    const answer = await app.act("acknowledge", { text: rule, why });
    if (answer?.delivered === "taken" && why) {
      for (const row of this.rows.values()) if (row.tr.dataset.rule === rule) show(row.asked, false);
    }
    if (answer?.reason !== "CAUSE_NEEDED") return;
    const asks = [...this.rows.values()].find((row) => (rule ? row.tr.dataset.rule === rule : row.rule && row.tr.dataset.rule.startsWith("H17")));
    if (asks) {
      show(asks.asked, true);
      asks.cause.focus();
    }
  }
}

class History {
  constructor(app) {
    this.app = app;
    this.body = h("tbody", {});
    this.loads = h("ol", { cls: "alarms-load" });
    this.summary = h("p", { cls: "num" });
    this.node = h("div", { cls: "alarms-panel alarms-history" },
      region(app, "tab_history", h("table", {}, head(app, [["col_raised"], ["col_priority"], ["col_alarm"], ["col_value", true], ["col_cleared", true], ["col_acknowledged", true], ["col_who"], ["col_escalated", true]]), this.body)),
      h("div", { cls: "panel alarms-side" }, h("h2", {}, app.t("alarms.load")), this.summary, this.loads));
    this.version = -1;
  }

  update(state) {
    const app = this.app;
    const log = heard(app);
    const found = episodes(log.list);
    const now = state.now / NS;
    const last = found.filter((e) => AUDIBLE.includes(e.priority) && e.raised > now - HOUR).length;
    text(this.summary, app.t("alarms.load_now", { n: last, all: found.filter((e) => AUDIBLE.includes(e.priority)).length }));
    if (log.version === this.version) return;
    this.version = log.version;
    const after = (e, t) => (t === null ? DASHES : `+${duration(t - e.raised, 1)}`);
    this.body.replaceChildren(...found.filter((e) => AUDIBLE.includes(e.priority)).slice(0, EPISODES).map((e) => {
      const rule = app.by.rules[e.rule];
      return h("tr", {}, h("td", { cls: "num" }, `${wall(app, e.raised)} · ${duration(e.raised, 1)}`), h("td", {}, chip(app, e.priority)),
        h("td", {}, app.rule(e.rule).title, " ", h("span", { cls: "muted" }, e.rule)), h("td", { cls: "num" }, `${fixed(e.value, digits(app, rule))} ${unit(app, rule)}`),
        h("td", { cls: "num" }, after(e, e.cleared ?? e.reset)), h("td", { cls: "num" }, after(e, e.acknowledged)), h("td", {}, e.who || DASHES), h("td", { cls: "num" }, e.escalated || ""));
    }));
    const loads = load(found);
    const most = Math.max(1, ...loads.map((l) => l.HIGH + l.MEDIUM + l.LOW));
    this.loads.replaceChildren(...loads.slice(0, LOADS).map((l) => {
      const n = l.HIGH + l.MEDIUM + l.LOW;
      return h("li", {}, h("span", { cls: "num" }, app.t("alarms.hour", { n: l.hour + 1 })), h("span", { cls: "load-bar", "--share": n / most }), h("span", { cls: "num" }, n),
        h("span", { cls: "load-parts" }, AUDIBLE.filter((p) => l[p]).map((p) => h("span", { cls: `chip p-${p}` }, shape(p), String(l[p])))));
    }));
  }
}

class Limits {
  constructor(app) {
    const rows = (app.tables.limits ?? []).map((row) => h("tr", {}, h("th", { scope: "row" }, row.key), h("td", { cls: "num" }, exact(app.limit(row.key))), h("td", {}, unitText(row.unit)),
      h("td", { cls: "num" }, exact(row.hard_lo)), h("td", { cls: "num" }, exact(row.hard_hi)), h("td", { cls: "muted" }, row.source),
      h("td", {}, app.tables.rules.filter((r) => r.limit === row.key).map((r) => r.id).join(", "))));
    this.node = h("div", { cls: "alarms-panel" }, h("p", { cls: "alarms-note" }, app.t("alarms.frozen")),
      region(app, "tab_limits", h("table", {}, head(app, [["col_limit"], ["col_value", true], ["col_unit"], ["col_lo", true], ["col_hi", true], ["col_source"], ["col_rules"]]), h("tbody", {}, rows))));
  }

  update() {}
}

class Causes {
  constructor(app) {
    this.app = app;
    this.at = 0;
    const phases = [...new Set((app.tables.states ?? []).map((s) => s.phase))];
    this.phase = h("select", { onchange: () => this.filter() }, h("option", { value: "" }, app.t("alarms.phase_all")), h("option", { value: "now" }, app.t("alarms.phase_now")),
      phases.map((p) => h("option", { value: p }, this.phaseName(p))));
    this.sorted = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.sort() }, app.t("alarms.smallest"));
    this.count = h("p", { cls: "num muted", role: "status" });
    this.body = h("tbody", {});
    this.rows = app.tables.rules.map((rule) => this.row(rule));
    this.body.append(...this.rows.map((r) => r.tr));
    this.node = h("div", { cls: "alarms-panel" },
      h("div", { cls: "row causes-head" }, h("label", { cls: "row" }, app.t("alarms.phase"), this.phase), this.sorted, this.count),
      region(app, "tab_causes", h("table", { cls: "causes" }, head(app, [["col_rule"], ["col_lamp"], ["col_alarm"], ["col_limit", true], ["col_value", true], ["col_margin", true], ["col_delay", true], ["col_reaction"]]), this.body)));
  }

  phaseName(phase) {
    return this.app.words.has(`alarms.phase_${phase}`) ? this.app.t(`alarms.phase_${phase}`) : phase;
  }

  row(rule) {
    const app = this.app;
    const said = app.rule(rule.id);
    const hazard = (app.tables.hazards ?? []).find((z) => z.rules.includes(rule.id));
    const limit = app.limit(rule.limit);
    const [light, value, left] = [h("td", { cls: "lamp-cell" }), h("td", { cls: "num" }), h("td", { cls: "num" })];
    const tr = h("tr", { "data-rule": rule.id }, h("th", { scope: "row", cls: "num" }, rule.id), light,
      h("td", {}, h("strong", {}, said.title), hazard && h("div", { cls: "muted" }, app.t("alarms.harm", { id: hazard.id, harm: hazard.harm, n: hazard.severity }))),
      h("td", { cls: "num" }, h("div", { cls: "muted" }, rule.channel), `${rule.side > 0 ? "\u2265" : "\u2264"} ${exact(limit)} ${unit(app, rule)}`), value, left,
      h("td", { cls: "num" }, app.t("alarms.delay", { s: exact(rule.delay_s) })),
      h("td", {}, h("span", { cls: "label" }, `${rule.response}${rule.latched ? ` · ${app.t("alarms.latches")}` : ""} `), said.machine));
    return { rule, limit, tr, light, value, left, margin: null, lamp: "" };
  }

  update(state) {
    if (Date.now() - this.at < SLOW_MS) return;
    this.at = Date.now();
    const app = this.app;
    for (const row of this.rows) {
      const seen = app.view(row.rule.channel);
      const now = lamp(app, row.rule, state);
      const priority = state.alarms?.find((a) => a.rule === row.rule.id)?.priority ?? "";
      if (row.lamp !== now + priority) {
        row.lamp = now + priority;
        const on = now === "ACTIVE" || now === "LATCHED";
        row.light.replaceChildren(h("span", { cls: `lamp lamp-${now}` }, on && RANK[priority] ? shape(priority) : h("i", { "aria-hidden": "true" }), app.t(`alarms.lamp_${now}`)));
      }
      text(row.value, seen.text);
      cls(row.value, "bad", !seen.good);
      attr(row.value, "title", seen.good ? null : app.quality(seen.quality));
      row.margin = margin(row.rule, row.limit, seen.value);
      row.armed = row.rule.armed.includes(state.session?.state);
      text(row.left, row.margin === null ? DASHES : Number.isFinite(row.margin) ? `${fixed(row.margin, 0)} %` : app.t(row.margin > 0 ? "alarms.inside" : "alarms.beyond"));
    }
    this.filter();
  }

  filter() {
    const state = this.app.state?.session?.state;
    const names = this.phase.value === "now" ? [state] : this.app.tables.states.filter((s) => s.phase === this.phase.value).map((s) => s.name);
    let n = 0;
    for (const row of this.rows) {
      const on = !this.phase.value || names.some((name) => row.rule.armed.includes(name));
      show(row.tr, on);
      n += on ? 1 : 0;
    }
    text(this.count, this.app.t("alarms.shown", { n, all: this.rows.length }));
  }

  /** Once, when asked: rows do not jump under a finger. */
  sort() {
    const on = this.sorted.getAttribute("aria-pressed") !== "true";
    attr(this.sorted, "aria-pressed", String(on));
    const key = (row) => (row.margin === null ? Infinity : row.margin);
    const rows = on ? [...this.rows].sort((a, b) => Number(b.armed) - Number(a.armed) || key(a) - key(b) || 0) : this.rows;
    this.body.replaceChildren(...rows.map((r) => r.tr));
  }
}

const TABS = [["active", Active], ["history", History], ["limits", Limits], ["causes", Causes]];

class Alarms {
  constructor(root, app) {
    this.app = app;
    heard(app);
    this.tabs = TABS.map(([id, Kind]) => {
      const part = new Kind(app);
      const button = h("button", { type: "button", role: "tab", id: `alarms-tab-${id}`, "aria-controls": `alarms-${id}`, onclick: () => this.choose(id) }, app.t(`alarms.tab_${id}`));
      attr(part.node, "role", "tabpanel");
      attr(part.node, "id", `alarms-${id}`);
      attr(part.node, "aria-labelledby", `alarms-tab-${id}`);
      return { id, part, button };
    });
    const list = h("div", { cls: "alarms-tabs row", role: "tablist", "aria-label": app.t("alarms.title"), onkeydown: (e) => this.key(e) }, this.tabs.map((t) => t.button));
    root.append(list, ...this.tabs.map((t) => t.part.node));
    this.choose("active");
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.tabs.findIndex((t) => t.id === this.tab);
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    this.choose(next.id);
    next.button.focus();
  }

  choose(id) {
    this.tab = id;
    for (const t of this.tabs) {
      attr(t.button, "aria-selected", String(t.id === id));
      attr(t.button, "tabindex", t.id === id ? "0" : "-1");
      show(t.part.node, t.id === id);
    }
    if (this.app.state) this.update(this.app.state);
  }

  update(state) {
    this.tabs.find((t) => t.id === this.tab).part.update(state);
  }
}

let alarms = null;

export const page = {
  id: "alarms",
  mount(root, app) {
    root.classList.add("page-alarms");
    alarms = new Alarms(root, app);
  },
  update(state) {
    alarms.update(state);
  },
};
