// Trends: lanes on one time axis, one cursor, limits and alarms; drawn by plotly, which is loaded when first needed.

import { attr, cls, h, show, svg, text } from "/static/dom.js";
import { duration, fixed } from "/static/figures.js";
import { Past, WINDOWS, alarmMarks, heard, rangeOf, thinned, unitText, wall } from "/static/strip.js";

/** Lanes: traces by their style, weight of the height, least span, and the step of their scale. */
const LANES = [
  { id: "pressures", traces: ["P_pre", "P_ven", "P_bri", "P_acc"], weight: 2.2, span: 100 },
  { id: "tmp", traces: ["TMP", "dP_f2"], weight: 1.2, span: 20 },
  { id: "flows", traces: ["Q_b", "Q_c", "Q_p", "Q_r"], weight: 1.8, span: 40 },
  { id: "temperature", traces: ["T_br", "T_ret"], weight: 1, span: 2 },
  { id: "oxygen", traces: ["DO_in", "DO_out"], weight: 1, span: 40 },
  { id: "ph", traces: ["pH"], weight: 1, span: 0.2 },
  { id: "balance", traces: ["balance"], weight: 1, span: 40 },
];
/** A style per place in a lane: told apart by hue and by dash. */
const STYLES = [["trace", "solid", ""], ["trace-2", "solid", ""], ["trace-3", "dash", "6 4"], ["trace", "dot", "2 4"]];
const IDS = LANES.flatMap((l) => l.traces);
const POINTS = 700;
const GAP = 0.012;
const TURN_MS = 1000;
const SLOW_MS = 4000;
const ROWS = 30;
const COLOUR = { HIGH: "--high", MEDIUM: "--medium", LOW: "--low" };
/** A mark too near to another has no sign: its line says its priority without colour, too. */
const DASH = { HIGH: "solid", MEDIUM: "dash", LOW: "dot" };
const SIGNS = { HIGH: "!!!", MEDIUM: "!!", LOW: "!" };

let loading = null;

/** Plotly, as a classic script, once. */
function plotly() {
  loading ??= new Promise((done, failed) => {
    const script = h("script", { src: "/static/plotly.min.js" });
    script.addEventListener("load", () => done(window.Plotly));
    script.addEventListener("error", () => {
      loading = null;
      failed(new Error("plotly.min.js"));
    });
    document.head.append(script);
  });
  return loading;
}

const channelOf = (app, id) => app.by.channels[id] ?? Object.values(app.by.channels).find((c) => c.id.toLowerCase() === id.toLowerCase());

class Trends {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.window = "30m";
    this.hidden = new Set();
    this.cursor = null;
    this.drawn = 0;
    this.known = IDS.filter((id) => channelOf(app, id)).map((id) => channelOf(app, id).id);
    this.past = new Past(this.known);
    this.plot = h("div", { cls: "trend-plot", "aria-hidden": "true" });
    this.live = h("p", { cls: "sr", "aria-live": "polite" });
    this.windows = this.#choice(Object.keys(WINDOWS), (name) => this.choose(name));
    this.lanes = LANES.map((lane) => h("button", { type: "button", "aria-pressed": "true", "data-lane": lane.id, onclick: () => this.toggle(lane.id) }, app.t(`trends.${lane.id}`)));
    this.tabled = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.table() }, app.t("trends.table"));
    this.area = h("div", { cls: "trend-area", tabindex: "0", role: "group", "aria-label": app.t("trends.help"), onkeydown: (e) => this.key(e) }, this.plot);
    this.when = h("p", { cls: "num trend-when" });
    this.read = this.#readout();
    this.rows = h("tbody", {});
    this.list = h("div", { cls: "table-box", hidden: true, tabindex: "0", role: "region", "aria-label": app.t("trends.table") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, app.t("trends.time")), this.known.map((id) => h("th", { scope: "col", cls: "num" }, id)))), this.rows));
    root.append(
      h("div", { cls: "trend-head" }, h("div", { cls: "row", role: "group", "aria-label": app.t("trends.window") }, this.windows),
        h("div", { cls: "row wrap", role: "group", "aria-label": app.t("trends.lanes") }, this.lanes), this.tabled),
      h("div", { cls: "trend-body" }, this.area, this.list, h("div", { cls: "trend-read panel" }, this.when, this.read)), this.live);
    heard(app);
    this.past.load(WINDOWS[this.window]).then(() => this.draw(true));
    plotly().then((found) => this.start(found)).catch(() => text(this.plot, app.t("trends.no_plotly")));
    window.addEventListener("qh1a-theme", () => this.draw(true));
    new ResizeObserver(() => this.draw(true)).observe(this.area);
    this.area.addEventListener("pointerdown", (e) => this.point(e));
    this.area.addEventListener("pointermove", (e) => this.point(e));
  }

  #choice(names, act) {
    return names.map((name) => h("button", { type: "button", "aria-pressed": String(name === this.window), "data-window": name, onclick: () => act(name) }, this.app.t(`trends.${name}`)));
  }

  #readout() {
    this.cells = [];
    return h("table", { cls: "trend-values" }, LANES.map((lane) => h("tbody", { "data-lane": lane.id }, lane.traces.map((id, i) => {
      const row = channelOf(this.app, id);
      if (!row) return null;
      const value = h("td", { cls: "num" });
      const [hue, , dashes] = STYLES[i];
      const sample = svg("svg", { viewBox: "0 0 32 10", cls: `sample ${hue}`, "aria-hidden": "true" }, svg("path", { d: "M1 5H31", "stroke-dasharray": dashes || null }));
      this.cells.push({ id: row.id, decimals: row.decimals, value });
      return h("tr", { title: this.app.words.text("channel", row.id) }, h("th", { scope: "row" }, sample, row.id), value, h("td", { cls: "unit" }, unitText(row.unit)));
    }))));
  }

  start(found) {
    this.plotly = found;
    this.draw(true);
  }

  choose(name) {
    this.window = name;
    this.cursor = null;
    for (const b of this.windows) attr(b, "aria-pressed", String(b.dataset.window === name));
    this.past.load(WINDOWS[name]).then(() => this.draw(true));
  }

  toggle(id) {
    if (this.hidden.has(id)) this.hidden.delete(id);
    else if (this.hidden.size < LANES.length - 1) this.hidden.add(id);
    for (const b of this.lanes) attr(b, "aria-pressed", String(!this.hidden.has(b.dataset.lane)));
    for (const body of this.read.children) show(body, !this.hidden.has(body.dataset.lane));
    this.draw(true);
  }

  table() {
    const on = this.list.hidden;
    show(this.list, on);
    show(this.area, !on);
    cls(this.root, "tabled", on);
    attr(this.tabled, "aria-pressed", String(on));
    this.draw(true);
  }

  update(state) {
    const added = this.past.take(state, this.app);
    this.write();
    if (added) this.draw(false);
  }

  span() {
    const last = this.past.t.at(-1) ?? 0;
    const first = this.past.t[0] ?? last;
    return [this.window === "all" ? Math.min(first, last - 600) : last - WINDOWS[this.window], last];
  }

  draw(now) {
    const slow = this.window === "30m" ? TURN_MS : SLOW_MS;
    if (!now && Date.now() - this.drawn < slow) return;
    this.drawn = Date.now();
    if (!this.list.hidden) this.fill();
    else if (this.plotly && this.area.clientWidth > 50) this.picture();
  }

  css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  picture() {
    const lanes = LANES.filter((l) => !this.hidden.has(l.id));
    const [first, last] = this.span();
    const from = this.past.from(last - first);
    const size = Math.max(16, parseFloat(getComputedStyle(this.root).fontSize));
    const font = { family: getComputedStyle(document.body).fontFamily, size, color: this.css("--muted") };
    const [line, edge] = [this.css("--line"), this.css("--edge")];
    const weight = lanes.reduce((sum, l) => sum + l.weight, 0);
    const traces = [];
    const shapes = [];
    const titles = [];
    const marks = [];
    const layout = {
      autosize: false, width: this.area.clientWidth, height: this.area.clientHeight, margin: { l: 64, r: 12, t: 26, b: 30 }, showlegend: false,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font, hovermode: false, dragmode: false, uirevision: 1,
      xaxis: { range: [first, last], ...this.times(first, last), showgrid: true, gridcolor: line, zeroline: false, linecolor: edge, anchor: "free", position: 0, fixedrange: true },
    };
    let top = 1;
    lanes.forEach((lane, n) => {
      const axis = n ? `y${n + 1}` : "y";
      const domain = [Math.max(0, top - lane.weight / weight + GAP), top];
      top -= lane.weight / weight;
      const unit = unitText(channelOf(this.app, lane.traces[0])?.unit);
      titles.push({ xref: "paper", x: 0, xanchor: "left", yref: "paper", y: domain[1], yanchor: "top", showarrow: false, borderpad: 1, font,
        bgcolor: this.css("--bg"), text: unit === "pH" ? unit : `${this.app.t(`trends.${lane.id}`)}  ${unit}` });
      const data = lane.traces.filter((id) => channelOf(this.app, id)).map((id) => {
        const row = channelOf(this.app, id);
        return [row, ...thinned(this.past.t, this.past.columns[row.id], from, POINTS)];
      });
      const [lo, hi] = rangeOf(data.flatMap(([, , v]) => v), lane.span);
      layout[`yaxis${n ? n + 1 : ""}`] = { domain, range: [lo, hi], nticks: lane.weight > 1.5 ? 4 : 3, gridcolor: line, zeroline: lo < 0 && hi > 0, zerolinecolor: edge, fixedrange: true, tickfont: font, anchor: "x" };
      data.forEach(([row, x, y]) => {
        const [hue, dash] = STYLES[lane.traces.findIndex((id) => channelOf(this.app, id) === row)];
        traces.push({ type: "scatter", mode: "lines", x, y, yaxis: axis, name: row.id, connectgaps: false, hoverinfo: "skip", line: { color: this.css(`--${hue}`), width: 2, dash } });
        for (const limit of this.limits(row.id)) {
          if (limit > lo && limit < hi) shapes.push({ type: "line", xref: "x", yref: axis, x0: first, x1: last, y0: limit, y1: limit, line: { color: this.css(`--${hue}`), width: 1, dash: "longdash" } });
        }
      });
      shapes.push({ type: "line", xref: "paper", yref: "paper", x0: 0, x1: 1, y0: domain[0], y1: domain[0], line: { color: edge, width: 1 } });
    });
    let right = -Infinity;
    for (const mark of alarmMarks(this.app).filter((m) => m.t >= first)) {
      shapes.push({ type: "line", xref: "x", yref: "paper", x0: mark.t, x1: mark.t, y0: 0, y1: 1, line: { color: this.css(COLOUR[mark.priority]), width: 1.5, dash: DASH[mark.priority] } });
      const at = ((mark.t - first) / (last - first)) * this.area.clientWidth;
      if (at - right < 34) continue;
      right = at;
      marks.push({ x: mark.t, xref: "x", y: 1, yref: "paper", yanchor: "bottom", text: SIGNS[mark.priority], showarrow: false, font: { ...font, color: this.css(`--on-${mark.priority.toLowerCase()}`), size: 16 }, bgcolor: this.css(`--${mark.priority.toLowerCase()}-bg`), borderpad: 2 });
    }
    const cursor = this.at();
    if (this.cursor !== null && cursor >= 0) shapes.push({ type: "line", xref: "x", yref: "paper", x0: this.past.t[cursor], x1: this.past.t[cursor], y0: 0, y1: 1, line: { color: this.css("--text"), width: 2 } });
    layout.shapes = shapes;
    layout.annotations = [...titles, ...marks];
    this.plotly.react(this.plot, traces, layout, { staticPlot: true, displayModeBar: false, responsive: false });
  }

  /** Ticks of the time axis: therapy time, on round steps. */
  times(first, last) {
    const step = [60, 300, 600, 900, 1800, 3600, 7200].find((s) => (last - first) / s <= 7) ?? 14400;
    const tickvals = [];
    for (let t = Math.ceil(first / step) * step; t <= last; t += step) if (t >= 0) tickvals.push(t);
    return { tickvals, ticktext: tickvals.map((t) => duration(t, 1).slice(0, -3)) };
  }

  limits(id) {
    const found = (this.app.tables.rules ?? []).filter((r) => r.channel === id).map((r) => this.app.limit(r.limit));
    if (id === "balance") for (const key of ["balance_warn_ml", "balance_trip_ml"]) found.push(this.app.limit(key), -this.app.limit(key));
    return [...new Set(found.filter((l) => l !== null))];
  }

  at() {
    return this.cursor === null ? this.past.t.length - 1 : this.past.near(this.cursor);
  }

  write() {
    const at = this.at();
    const fixedAt = this.cursor !== null && at >= 0;
    text(this.when, fixedAt ? `${duration(this.past.t[at])}  ${wall(this.app, this.past.t[at])}` : this.app.t("trends.now"));
    for (const { id, decimals, value } of this.cells) {
      if (!fixedAt) this.app.figure(value, id);
      else {
        const v = this.past.columns[id][at];
        text(value, fixed(v, decimals));
        cls(value, "bad", typeof v !== "number");
        attr(value, "title", null);
      }
    }
  }

  point(event) {
    const box = this.area.getBoundingClientRect();
    const share = (event.clientX - box.left - 64) / (box.width - 76);
    if (share < 0 || share > 1) return;
    const [first, last] = this.span();
    this.#to(first + share * (last - first));
  }

  #to(time) {
    this.cursor = time;
    this.write();
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw(true));
  }

  key(event) {
    const names = Object.keys(WINDOWS);
    const zoom = { "+": -1, "=": -1, "-": 1 }[event.key];
    const [first, last] = this.span();
    const step = ((last - first) / 100) * (event.shiftKey ? 10 : 1);
    const to = { ArrowLeft: (this.cursor ?? last) - step, ArrowRight: (this.cursor ?? last) + step, Home: this.past.t[0], End: last, Escape: null }[event.key];
    if (event.ctrlKey || (!zoom && to === undefined)) return;
    event.preventDefault();
    if (zoom) this.choose(names[Math.max(0, Math.min(names.length - 1, names.indexOf(this.window) + zoom))]);
    else this.#to(to === null ? null : Math.max(this.past.t[0] ?? 0, Math.min(last, to)));
    text(this.live, `${this.when.textContent}: ${this.cells.map((c) => `${c.id} ${c.value.textContent}`).join(", ")}`);
  }

  /** The table: round times of the window, the newest first. */
  fill() {
    const [first, last] = this.span();
    const step = Math.max(10, Math.round((last - first) / ROWS / 10) * 10);
    const rows = [];
    for (let t = Math.floor(last / step) * step; t >= first && rows.length < ROWS; t -= step) {
      const at = this.past.near(t);
      if (at < 0 || Math.abs(this.past.t[at] - t) > step) continue;
      rows.push(h("tr", {}, h("th", { scope: "row", cls: "num" }, duration(t)), this.known.map((id) => h("td", { cls: "num" }, fixed(this.past.columns[id][at], channelOf(this.app, id).decimals)))));
    }
    this.rows.replaceChildren(...rows);
  }
}

let trends = null;

export const page = {
  id: "trends",
  mount(root, app) {
    root.classList.add("page-trends");
    trends = new Trends(root, app);
  },
  update(state) {
    trends.update(state);
  },
};
