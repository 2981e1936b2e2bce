// The strip of the run page: four lanes of the last half hour, one cursor; and what strip and trends share:
// the history of channels (`Past`) and of events (`heard`).

import { attr, cls, h, shape, show, svg, text } from "/static/dom.js";
import { clock, duration, fixed } from "/static/figures.js";
import { get } from "/static/wire.js";

const NS = 1e9;
const SECOND = 1000;
/** The windows that can be asked for, in seconds. */
export const WINDOWS = { "30m": 1800, "2h": 7200, all: 32400 };
const LANES = ["P_ven", "TMP", "Q_p", "T_br"];
const KEPT = 32400;
const GAP_S = 5;

/** The history of some channels, one point a second: asked for once, then kept up from the states. */
export class Past {
  constructor(ids) {
    this.ids = ids;
    this.t = [];
    this.columns = Object.fromEntries(ids.map((id) => [id, []]));
    this.loading = false;
    this.seconds = 0;
  }

  /** Reads the last `seconds` from the server; what came meanwhile stays. */
  async load(seconds) {
    this.loading = true;
    this.seconds = seconds;
    const said = await get(`/api/history?seconds=${seconds}`);
    this.loading = false;
    if (!said || seconds !== this.seconds) return false;
    const times = said.t_s ?? [];
    const last = times.at(-1) ?? -Infinity;
    const later = this.t.findIndex((t) => t > last);
    const keep = (list) => (later < 0 ? [] : list.slice(later));
    for (const id of this.ids) {
      const column = said.columns?.[id] ?? times.map(() => null);
      this.columns[id] = [...column, ...keep(this.columns[id])];
    }
    this.t = [...times, ...keep(this.t)];
    return true;
  }

  /** The point of this state, at most one a second of therapy. True when there is a new one. */
  take(state, app) {
    const now = state.now / NS;
    if (now < this.t.at(-1) - GAP_S && !this.loading) this.#restart(); // another session: its time begins anew
    const last = this.t.at(-1);
    if (!app.fresh || (last !== undefined && now < last + 1)) return false;
    // A browser that slept has a hole: it is read again, not drawn over.
    if (last !== undefined && now > last + Math.max(GAP_S, 5 * (state.speed ?? 1)) && !this.loading) this.load(this.seconds);
    this.t.push(now);
    for (const id of this.ids) this.columns[id].push(app.view(id).value);
    if (this.t.length > KEPT) for (const list of [this.t, ...Object.values(this.columns)]) list.splice(0, list.length - KEPT);
    return true;
  }

  #restart() {
    this.t = [];
    for (const id of this.ids) this.columns[id] = [];
    this.load(this.seconds);
  }

  /** First index inside the last `seconds`. */
  from(seconds) {
    const least = (this.t.at(-1) ?? 0) - seconds;
    let [lo, hi] = [0, this.t.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.t[mid] < least) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  /** Index of the point nearest to a time; -1 without points. */
  near(time) {
    if (!this.t.length) return -1;
    let [lo, hi] = [0, this.t.length - 1];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.t[mid] < time) lo = mid + 1;
      else hi = mid;
    }
    return lo > 0 && time - this.t[lo - 1] < this.t[lo] - time ? lo - 1 : lo;
  }
}

/** At most `most` points of a column that keep its peaks: least and greatest of each part, and its holes. */
export function thinned(t, column, from, most) {
  const count = t.length - from;
  if (count <= most) return [t.slice(from), column.slice(from)];
  const every = Math.ceil((2 * count) / most);
  const times = [];
  const values = [];
  for (let at = from; at < t.length; at += every) {
    let [least, greatest] = [-1, -1];
    for (let i = at; i < Math.min(at + every, t.length); i += 1) {
      const v = column[i];
      if (v === null || v === undefined) continue;
      if (least < 0 || v < column[least]) least = i;
      if (greatest < 0 || v > column[greatest]) greatest = i;
    }
    const picked = least < 0 ? [at] : [...new Set([least, greatest])].sort((a, b) => a - b);
    for (const i of picked) {
      times.push(t[i]);
      values.push(column[i] ?? null);
    }
  }
  return [times, values];
}

let log = null;

/** All events that can be known: asked for once, then kept up from every state whatever page is open. */
export function heard(app) {
  if (log) return log;
  log = { list: [], last: 0, version: 0 };
  const take = (events) => {
    const fresh = events.filter((e) => e.number > log.last);
    if (!fresh.length) return;
    log.list.push(...fresh);
    log.last = fresh.at(-1).number;
    log.version += 1;
  };
  const load = async () => {
    const said = await get("/api/events");
    if (!said) return;
    const known = said.events ?? [];
    const later = log.list.filter((e) => e.number > (known.at(-1)?.number ?? 0));
    log.list = [...known, ...later];
    log.last = log.list.at(-1)?.number ?? 0;
    log.version += 1;
  };
  let seq = null;
  app.add({
    update(state) {
      if (!state || state.seq === seq) return;
      const gap = seq !== null && state.seq !== seq + 1;
      if (seq !== null && state.seq < seq) Object.assign(log, { list: [], last: 0 }); // another session
      seq = state.seq;
      take(state.events ?? []);
      if (gap) load(); // states were left out: their events may be, too
    },
  });
  load();
  return log;
}

/** The shape of a priority in a drawing: a nested picture is as large as its attributes say, whatever the style sheet. */
export function drawn(priority, size) {
  const found = shape(priority);
  attr(found, "width", size);
  attr(found, "height", size);
  return found;
}

/** A unit as it is written. */
export const unitText = (unit) => (unit === "C" ? "\u00b0C" : (unit ?? ""));

const AUDIBLE = ["HIGH", "MEDIUM", "LOW"];

/** Alarms as they were raised: [{t, priority, rule}]. */
export function alarmMarks(app) {
  return heard(app).list
    .filter((e) => e.code === "ALARM_RAISED" && AUDIBLE.includes(e.detail))
    .map((e) => ({ t: e.now / NS, priority: e.detail, rule: e.subject }));
}

/** The wall clock of a therapy time, by the newest state. */
export function wall(app, seconds) {
  const now = app.wall?.();
  if (!now || !app.state) return "";
  return clock(new Date(now.getTime() + (seconds - app.state.now / NS) * SECOND));
}

/** Least and greatest of the shown values with a margin; at least `span` apart. */
export function rangeOf(values, span) {
  const known = values.filter((v) => v !== null && v !== undefined);
  if (!known.length) return [0, span];
  let [lo, hi] = [known[0], known[0]];
  for (const v of known) {
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  const room = Math.max(span, (hi - lo) * 1.15);
  const mid = (lo + hi) / 2;
  return [mid - room / 2, mid + room / 2];
}

const SPAN = { P_ven: 40, TMP: 20, Q_p: 10, T_br: 1 };

class Strip {
  constructor(el, app) {
    this.el = el;
    this.app = app;
    this.window = "30m";
    this.past = new Past(LANES);
    this.cursor = null;
    this.drawn = 0;
    this.plot = svg("svg", { cls: "strip-plot", "aria-hidden": "true", focusable: "false" });
    this.read = h("p", { cls: "strip-read num" });
    this.live = h("p", { cls: "sr", "aria-live": "polite" });
    this.names = LANES.map((id) => {
      const value = h("span", { cls: "num strip-now" });
      return { id, value, node: h("div", { cls: "strip-name" }, h("span", { cls: "label" }, id), value) };
    });
    this.buttons = Object.keys(WINDOWS).map((name) =>
      h("button", { type: "button", "aria-pressed": String(name === this.window), "data-window": name, onclick: () => this.choose(name) }, app.t(`trends.${name}`)));
    this.area = h("div", { cls: "strip-area", tabindex: "0", role: "group", "aria-roledescription": app.t("trends.strip"), "aria-label": app.t("trends.strip_help"),
      onpointermove: (e) => this.point(e), onpointerleave: () => this.leave(), onkeydown: (e) => this.key(e) }, this.plot);
    el.classList.add("strip");
    el.replaceChildren(h("div", { cls: "strip-names" }, this.names.map((n) => n.node)), this.area,
      h("div", { cls: "strip-side" }, h("div", { cls: "row", role: "group", "aria-label": app.t("trends.window") }, this.buttons), this.read), this.live);
    this.parts = LANES.map(() => ({
      base: svg("path", { cls: "strip-base" }), limit: svg("path", { cls: "strip-limit" }), line: svg("path", { cls: "strip-line" }),
      hi: svg("text", { cls: "strip-scale", "text-anchor": "end" }),
    }));
    this.marks = svg("g", {});
    this.line = svg("path", { cls: "strip-cursor" });
    this.plot.append(...this.parts.flatMap((p) => [p.base, p.limit, p.line]), this.marks, this.line);
    new ResizeObserver(() => this.draw()).observe(this.area);
    heard(app);
    this.past.load(WINDOWS[this.window]).then(() => this.draw());
  }

  choose(name) {
    this.window = name;
    for (const b of this.buttons) attr(b, "aria-pressed", String(b.dataset.window === name));
    this.past.load(WINDOWS[name]).then(() => this.draw());
    this.draw();
  }

  update(state, app) {
    for (const n of this.names) app.figure(n.value, n.id);
    const added = this.past.take(state, app);
    if (added || Date.now() - this.drawn > SECOND) this.draw();
  }

  draw() {
    const box = this.area.getBoundingClientRect();
    if (box.width < 10) return;
    this.drawn = Date.now();
    const [w, tall] = [box.width, box.height];
    attr(this.plot, "viewBox", `0 0 ${w.toFixed(0)} ${tall.toFixed(0)}`);
    const from = this.past.from(WINDOWS[this.window]);
    const last = this.past.t.at(-1) ?? 0;
    const span = this.window === "all" ? Math.max(600, last - (this.past.t[0] ?? last)) : WINDOWS[this.window];
    this.x = (t) => w - 2 - ((last - t) / span) * (w - 4);
    this.time = (x) => last - ((w - 2 - x) / (w - 4)) * span;
    const lane = tall / LANES.length;
    LANES.forEach((id, i) => {
      const [t, v] = thinned(this.past.t, this.past.columns[id], from, Math.round(w));
      const [lo, hi] = rangeOf(v, SPAN[id]);
      const y = (value) => (i + 1) * lane - 3 - ((value - lo) / (hi - lo)) * (lane - 6);
      let d = "";
      let pen = false;
      t.forEach((time, k) => {
        if (v[k] === null || v[k] === undefined) {
          pen = false;
          return;
        }
        d += `${pen && time - t[k - 1] < span / 20 + 10 ? "L" : "M"}${this.x(time).toFixed(1)} ${y(v[k]).toFixed(1)}`;
        pen = true;
      });
      attr(this.parts[i].line, "d", d);
      attr(this.parts[i].base, "d", `M0 ${((i + 1) * lane - 0.5).toFixed(1)}H${w.toFixed(0)}`);
      const limits = this.limits(id).filter((l) => l > lo && l < hi);
      attr(this.parts[i].limit, "d", limits.map((l) => `M0 ${y(l).toFixed(1)}H${w.toFixed(0)}`).join(""));
    });
    this.drawMarks(tall, last - span);
    this.drawCursor(tall);
  }

  limits(id) {
    const rules = (this.app.tables.rules ?? []).filter((r) => r.channel === id);
    return rules.map((r) => this.app.limit(r.limit)).filter((l) => l !== null);
  }

  drawMarks(tall, least) {
    const marks = alarmMarks(this.app).filter((m) => m.t >= least);
    const key = marks.map((m) => `${m.rule}${this.x(m.t).toFixed(0)}`).join();
    if (key === this.markKey) return;
    this.markKey = key;
    this.marks.replaceChildren(...marks.slice(-60).map((m) => {
      const at = this.x(m.t).toFixed(1);
      return svg("g", {}, svg("path", { d: `M${at} 0V${tall.toFixed(0)}`, cls: `mark-line mark-${m.priority}` }),
        svg("g", { transform: `translate(${at - 8} 0)` }, drawn(m.priority, 16)), svg("title", {}, this.app.rule(m.rule).title));
    }));
  }

  drawCursor(tall) {
    const at = this.cursor === null ? -1 : this.past.near(this.cursor);
    show(this.line, at >= 0);
    cls(this.line, "gone", at < 0);
    if (at < 0) {
      text(this.read, "");
      return;
    }
    const t = this.past.t[at];
    attr(this.line, "d", `M${this.x(t).toFixed(1)} 0V${tall.toFixed(0)}`);
    const values = LANES.map((id) => `${id} ${fixed(this.past.columns[id][at], this.app.by.channels[id]?.decimals ?? 1)}`);
    text(this.read, [wall(this.app, t) || duration(t), ...values].join("  "));
  }

  point(event) {
    if (!this.time) return;
    this.cursor = this.time(event.clientX - this.area.getBoundingClientRect().left);
    this.draw();
  }

  leave() {
    this.cursor = null;
    this.draw();
  }

  key(event) {
    const names = Object.keys(WINDOWS);
    const zoom = { "+": -1, "=": -1, "-": 1 }[event.key];
    if (zoom) {
      this.choose(names[Math.max(0, Math.min(names.length - 1, names.indexOf(this.window) + zoom))]);
      event.preventDefault();
      return;
    }
    const step = WINDOWS[this.window] / 60;
    const last = this.past.t.at(-1) ?? 0;
    const to = { ArrowLeft: (this.cursor ?? last) - step, ArrowRight: (this.cursor ?? last) + step, Home: this.past.t[0], End: last, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.cursor = to === null ? null : Math.max(this.past.t[0] ?? 0, Math.min(last, to));
    this.draw();
    text(this.live, this.read.textContent);
  }
}

let strip = null;

/** Puts the strip into an element. */
export function mountStrip(el, app) {
  strip = new Strip(el, app);
}

/** Brings it up to date. */
export function updateStrip(state, app) {
  strip?.update(state, app);
}
