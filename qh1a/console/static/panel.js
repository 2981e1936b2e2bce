// One set point: entry, review, confirm, and the wait until the core's own figure says so.

import { attr, cls, h, text } from "./dom.js";
import { MINUS, fixed } from "./figures.js";
import { reference } from "./wire.js";
import { BOUNCE_MS, TIMEOUT_S, secondField } from "./act.js";

/** Steps of the - and + keys: what a person changes at a time; the entry itself may be any figure in range. */
const STEPS = { blood_ml_min: 5, plasma_ml_min: 1, perfusion_ml_min: 5, temperature_c: 0.1, do_in_mmhg: 5, ph: 0.01 };
const DIGITS = 6;
/** A change that the state does not show within this is UNCERTAIN: a tick takes 0.1 s, a state 0.25 s. */
export const ECHO_S = 3;

/** What becomes of an entry by one more key: pure, for tests. */
export function typed(entry, key, decimals) {
  if (key === "back") return entry.slice(0, -1);
  if (key === ".") return decimals === 0 || entry.includes(".") ? entry : `${entry || "0"}.`;
  const next = entry + key;
  const after = next.split(".")[1] ?? "";
  return next.length > DIGITS || after.length > decimals ? entry : next;
}

/** What is known of a change: "" nothing, pending, uncertain, done. Pure, for tests. */
export function fate(change, now, nowMs, half) {
  if (!change) return "";
  if (now !== null && Math.abs(now - change.value) <= half) return "done";
  return change.uncertain || nowMs - change.at > ECHO_S * 1000 ? "uncertain" : "pending";
}

class Panel {
  constructor(app) {
    this.app = app;
    this.key = null;
    this.review = null;
  }

  get row() {
    return this.app.setPoint(this.key);
  }

  get channel() {
    return this.app.by.channels[this.row.set] ?? this.app.by.channels[this.row.channel];
  }

  open(key, trigger) {
    const { app } = this;
    const not = app.whyNot("set");
    if (not) {
      app.say(not);
      if (["login", "lease", "locked"].includes(app.refusal("set"))) app.openAccess?.(trigger);
      return;
    }
    app.tray.close();
    this.key = key;
    this.entry = "";
    this.review = null;
    this.until = Date.now() + TIMEOUT_S * 1000;
    this.body = h("div", { cls: "setting col" });
    const leave = () => {
      this.key = null;
      this.review = null;
    };
    app.openSide(this.body, { label: app.t(`panel.${key}`), trigger, leave });
    this.draw();
  }

  close() {
    if (this.key) this.app.closeSide();
  }

  get value() {
    return this.entry === "" ? (this.row.now ?? null) : Number(this.entry);
  }

  press(key) {
    if (this.review) return;
    this.until = Date.now() + TIMEOUT_S * 1000;
    this.entry = typed(this.entry, key, this.channel.decimals);
    this.turn();
  }

  step(sign) {
    if (this.review || this.value === null) return;
    this.until = Date.now() + TIMEOUT_S * 1000;
    const { decimals } = this.channel;
    const next = Math.min(this.row.hi, Math.max(this.row.lo, this.value + sign * STEPS[this.key]));
    this.entry = next.toFixed(decimals);
    this.turn();
  }

  head(...keys) {
    const { app } = this;
    this.left = h("span", { cls: "digits muted" });
    return h("div", { cls: "page-head" }, h("h2", { cls: "grow" }, app.t(`panel.${this.key}`)), this.left,
      keys, h("button", { type: "button", onclick: () => this.close() }, app.t("panel.cancel")));
  }

  draw() {
    const { app } = this;
    const { unit } = this.channel;
    if (this.review) {
      this.drawReview();
      return;
    }
    this.old = h("span", { cls: "digits" });
    this.out = h("output", { cls: "num set-entry" });
    this.said = h("p", { cls: "reason", role: "alert" });
    const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "0"].map((k) =>
      h("button", { type: "button", cls: "digits", onclick: () => this.press(k) }, k));
    const back = h("button", { type: "button", "aria-label": app.t("access.erase"), onclick: () => this.press("back") }, "⌫");
    const step = (sign, mark) => h("button", { type: "button", cls: "digits", onclick: () => this.step(sign) },
      `${mark}${fixed(STEPS[this.key], this.channel.decimals)}`);
    this.go = h("button", { type: "button", cls: "primary big", onclick: () => this.ask() }, app.t("panel.review"));
    this.body.replaceChildren(this.head(),
      h("p", { cls: "row" }, h("span", { cls: "label" }, app.t("panel.now")), this.old, h("span", { cls: "unit" }, unit)),
      h("div", { cls: "steps" }, step(-1, MINUS), h("div", { cls: "row entry-row" }, this.out, h("span", { cls: "unit" }, unit)), step(1, "+")),
      h("p", { cls: "muted digits" }, app.t("panel.range", { lo: fixed(this.row.lo, this.channel.decimals), hi: fixed(this.row.hi, this.channel.decimals), unit })),
      h("div", { cls: "keypad" }, keys, back), this.said,
      h("div", { cls: "row panel-end" }, this.go));
    this.turn();
    this.go.focus();
  }

  drawReview() {
    const { app, review } = this;
    const d = this.channel.decimals;
    this.since = Date.now();
    this.until = Date.now() + 1000 * Math.min(TIMEOUT_S, Number(review.expires_s ?? TIMEOUT_S));
    this.second = review.second ? secondField(app, () => this.turn()) : null;
    this.ok = h("button", { type: "button", cls: "primary big confirm", onclick: () => this.confirm(),
      onkeydown: (event) => event.repeat && event.preventDefault() }, app.t("panel.confirm"));
    this.said = h("p", { cls: "reason", role: "alert" });
    const effects = (review.effects ?? []).map((e) => {
      const key = `panel.effect_${e.code}`;
      const say = (v) => (typeof v === "number" ? fixed(v, EFFECT[e.code]?.decimals ?? 1) : String(v ?? ""));
      const by = EFFECT[e.code]?.scale ?? 1;
      return h("tr", {}, h("td", {}, app.words.has(key) ? app.t(key) : e.code),
        h("td", { cls: "num" }, say(scaled(e.before, by))), h("td", {}, "→"), h("td", { cls: "num" }, say(scaled(e.after, by))));
    });
    const back = h("button", { type: "button", onclick: () => {
      this.review = null;
      this.until = Date.now() + TIMEOUT_S * 1000;
      this.draw();
    } }, app.t("panel.back"));
    this.body.replaceChildren(this.head(back),
      h("div", { cls: "change" }, h("span", { cls: "num old" }, fixed(review.old, d)), h("span", { cls: "arrow" }, "→"),
        h("span", { cls: "num new" }, fixed(review.new, d)), h("span", { cls: "unit" }, review.unit)),
      this.ok, this.said,
      effects.length ? h("table", { cls: "effects", "aria-label": app.t("panel.effects") }, h("tbody", {}, effects)) : h("p", { cls: "muted" }, app.t("panel.no_effects")),
      this.second?.el ?? "");
    this.turn();
    (this.second?.el.querySelector("button") ?? back).focus(); // never the confirm: one key pressed twice must not do it
  }

  inRange() {
    const v = this.value;
    return v !== null && Number.isFinite(v) && v >= this.row.lo && v <= this.row.hi;
  }

  async ask() {
    this.turn(); // as below
    if (!this.key || this.go.getAttribute("aria-disabled")) return;
    const key = this.key;
    const { ok, status, body } = await this.app.post("/api/review", { key, value: this.value, seen: this.app.state?.seq ?? 0 });
    if (this.key !== key) return;
    if (ok) {
      this.review = body;
      this.draw();
      return;
    }
    text(this.said, status === 0 ? this.app.t("access.no_line") : this.app.words.refusal(body));
  }

  async confirm() {
    this.turn(); // a page that slept may hear the press before its timer
    if (!this.review || this.ok.getAttribute("aria-disabled")) return;
    const { app, key, review } = this;
    attr(this.ok, "aria-disabled", "true");
    this.sending = true;
    const { status, ok, body } = await app.post("/api/confirm", { id: review.id, ref: reference(), seen: app.state?.seq ?? 0,
      ...(this.second ? { second: this.second.value() } : {}) });
    this.sending = false;
    const answer = ok ? body : { delivered: status === 0 ? "uncertain" : "refused", ...body };
    const what = app.t("panel.what", { what: app.t(`panel.${key}`), value: fixed(review.new, app.by.channels[app.setPoint(key).set]?.decimals ?? 1), unit: review.unit });
    app.sayAnswer(answer, what, "set");
    if (answer.delivered === "refused") {
      if (this.review === review) {
        text(this.said, app.words.refusal(answer));
        this.second?.clear();
        if (answer.reason === "NO_REVIEW") this.close();
      }
      return;
    }
    app.changes[key] = { value: review.new, at: Date.now(), uncertain: answer.delivered === "uncertain", what };
    if (this.review === review) this.close();
  }

  turn() {
    if (!this.key) return;
    const { app } = this;
    const s = Math.ceil((this.until - Date.now()) / 1000);
    if (s <= 0) {
      app.say(app.t("act.timed_out", { what: app.t(`panel.${this.key}`) }));
      this.close();
      return;
    }
    text(this.left, app.t("panel.left", { s }));
    const not = app.whyNot("set");
    if (this.review) {
      const wait = this.sending || Date.now() - this.since < BOUNCE_MS || not || (this.second && !this.second.value());
      attr(this.ok, "aria-disabled", wait ? "true" : null);
      if (not) text(this.said, not);
      return;
    }
    const d = this.channel.decimals;
    text(this.old, fixed(this.row.now, d));
    text(this.out, this.entry === "" ? fixed(this.row.now, d) : this.entry);
    cls(this.out, "untouched", this.entry === "");
    const bad = this.entry !== "" && !this.inRange();
    cls(this.out, "outside", bad);
    if (bad || not) text(this.said, not || app.t("panel.outside"));
    else if (this.said.textContent === app.t("panel.outside")) text(this.said, "");
    attr(this.go, "aria-disabled", this.entry === "" || bad || not ? "true" : null);
  }

  onKey(event) {
    if (!this.key || event.target.matches?.("input, textarea") || event.altKey || event.metaKey) return;
    const { key } = event;
    if (event.target.closest?.(".pin") && /^([0-9]|Backspace)$/.test(key)) return; // digits of the PIN, not of the figure
    if (key === "Escape") this.close();
    else if (key === "Enter" && event.ctrlKey) this.review && !event.repeat && this.confirm();
    else if (this.review) return;
    else if (/^[0-9.]$/.test(key) && !event.ctrlKey) this.press(key);
    else if (key === "," ) this.press(".");
    else if (key === "Backspace") this.press("back");
    else if (key === "+" || key === "ArrowUp") this.step(1);
    else if (key === "-" || key === "ArrowDown") this.step(-1);
    else if (key === "Enter" && !event.repeat && (event.target === this.go || !event.target.closest?.("button"))) this.ask();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Decimals and scale of the effects: shares as percent. */
const EFFECT = {
  QP_QB: { decimals: 0, scale: 100 }, SHARE: { decimals: 0, scale: 100 }, PLASMA: { decimals: 1 }, LITRES: { decimals: 1 },
  BALANCE: { decimals: 0 }, END: { decimals: 0 }, NOT_COUNTED: { decimals: 1 },
};
const scaled = (v, by) => (typeof v === "number" ? v * by : v);

export function mount(app) {
  const panel = new Panel(app);
  app.changes = {};
  app.edit = (key, trigger) => panel.open(key, trigger);
  /** "", "pending" or "uncertain" of a set point, with the figure that was asked for. */
  app.change = (key) => {
    const row = app.setPoint(key);
    const change = app.changes[key];
    if (!row || !change) return { is: "", value: null };
    const half = 0.5 * 10 ** -(app.by.channels[row.set]?.decimals ?? 1) + 1e-9;
    const is = fate(change, row.now, Date.now(), half);
    if (is === "done") {
      delete app.changes[key];
      app.say(app.t("panel.done", { what: change.what }));
      return { is: "", value: null };
    }
    if (is === "uncertain" && !change.said) {
      change.said = true;
      app.say(app.t("act.uncertain", { what: change.what }), "uncertain");
    }
    return { is, value: change.value };
  };
  document.addEventListener("keydown", (event) => panel.onKey(event), true);
  setInterval(() => panel.turn(), 200);
  const keys = { b: "blood_ml_min", p: "plasma_ml_min", c: "perfusion_ml_min" };
  for (const [key, which] of Object.entries(keys)) app.key(key, () => app.edit(which, document.activeElement));
  app.key("r", () => app.say(app.t("run.return_auto")));
  app.add({ update: () => panel.turn() });
}

