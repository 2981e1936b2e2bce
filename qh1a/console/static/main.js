// Boot, the app object every page gets, the routing of pages and the keyboard.

import { attr, cls, h, show, text } from "./dom.js";
import { clock, indexed, seconds, view } from "./figures.js";
import { LIVE, NOT_LIVE, Wire, get } from "./wire.js";
import { Words } from "./words.js";

/** Page ids with their key and module, in the order of the menu. */
export const PAGES = [
  ["run", "F2"], ["trends", "F3"], ["alarms", "F4"], ["balance", "F5"], ["circuit", "F6"], ["events", "F7"], ["setup", "F8"],
  ["end", "F9"], ["service", ""],
];
/** Where the console opens by itself, by phase. */
const OPENS = {
  SELF_TEST: "setup", PRIME: "setup", READY: "setup", CONNECT: "setup", RAMP: "run", TREAT: "run", PAUSE: "run", SAFE: "run",
  RINSEBACK: "end", DISCONNECT: "end", ENDED: "end",
};
const RETRY_MS = 2000;
const HERE_MS = 15000;
const SAID_MS = 10000;
const STORED = { language: "qh1a.language", theme: "qh1a.theme" };

const $ = (id) => document.getElementById(id);
const kept = (name) => {
  try {
    return localStorage.getItem(STORED[name]);
  } catch {
    return null;
  }
};
const keep = (name, value) => {
  try {
    localStorage.setItem(STORED[name], value);
  } catch {
    /* a browser without a store forgets, nothing more */
  }
};

/** What every page gets. Its fields: see the head of each. */
class App {
  constructor(hello, tables) {
    /** What /api/hello and /api/tables said. */
    this.hello = hello;
    this.tables = tables;
    /** Tables by id: channels, actuators, rules, actions, limits, states. */
    this.by = indexed(tables);
    this.words = new Words(tables.words, tables.texts);
    /** The newest state; null before the first. */
    this.state = null;
    this.me = hello.me ?? null;
    this.lease = { holder: null, mine: false, taking: null, in_s: 0 };
    this.locked = false;
    this.language = document.documentElement.lang;
    this.pages = new Map();
    this.page = null;
    this.phase = null;
    this.parts = [];
    this.keys = new Map();
    this.lastHere = 0;
  }

  /** The phrase "page.key" with {params}. */
  t(key, params) {
    return this.words.t(key, params);
  }

  /** The texts of a rule: {title, what, machine, you}. */
  rule(id) {
    return this.words.rule(id);
  }

  /** The texts of an alarm: those of its rule, and what the protective unit gives as its reason. */
  said(alarm) {
    const said = this.rule(alarm.rule);
    const node = this.by.rules[alarm.rule]?.channel === "NODE" ? this.view("NODE") : null;
    const cause = node?.good ? this.words.texts.node?.[this.tables.trips[node.value]] : undefined;
    return cause ? { ...said, what: `${said.what} ${cause}` } : said;
  }

  /** Whether what is shown may be believed. */
  get fresh() {
    return this.wire?.fresh ?? false;
  }

  /** One channel now: {value, text, quality, good, unit}; dashes when it is old or not GOOD. */
  view(id) {
    return view(this.by.channels[id], this.state, this.fresh);
  }

  /** The quality in words, for titles. */
  quality(name) {
    return this.t(`frame.quality_${name.toLowerCase()}`);
  }

  /** Writes a figure into a node: text, hatching and its reason. */
  figure(node, id, said) {
    const seen = this.view(id);
    text(node, seen.good ? (said ? said(seen.value) : seen.text) : seen.text);
    cls(node, "bad", !seen.good);
    attr(node, "title", seen.good ? null : this.quality(seen.quality));
    return seen;
  }

  /** The command of an actuator now, or null. */
  command(id) {
    const row = this.by.actuators[id];
    return row && this.state && this.fresh ? (this.state.command[row.at] ?? null) : null;
  }

  /** A limit in force, or null. */
  limit(key) {
    const limits = this.hello.limits?.value ?? this.hello.limits ?? {};
    return typeof limits[key] === "number" ? limits[key] : null;
  }

  /** The set point row of a key, {key, channel, set, lo, hi, now}: `now` by its channel, else what hello said. */
  setPoint(key) {
    const row = (this.hello.set_points ?? []).find((r) => r.key === key);
    if (!row) return null;
    const seen = this.by.channels[row.set] ? this.view(row.set) : null;
    return { ...row, now: seen?.good ? seen.value : null };
  }

  /** Posts JSON: {status, ok, body}. */
  post(path, body) {
    return this.wire.post(path, body);
  }

  /** Goes to a page because a person wants it: it stays until the phase changes. */
  go(id) {
    return showPage(this, id);
  }

  /** A part of the frame: `update(state, app)` at every state and turn. */
  add(part) {
    this.parts.push(part);
    return part;
  }

  /** What is said to the person in the bar: kind "", "refused" or "uncertain". */
  say(words, kind = "") {
    const said = $("said");
    if (said) {
      said.className = kind;
      clearTimeout(this.saidLeaves);
      // What was done is soon no news; what was refused, or is uncertain, stays until something else is said.
      if (!kind) this.saidLeaves = setTimeout(() => said.replaceChildren(), SAID_MS);
      said.replaceChildren(...(kind ? [h("span", { cls: "chip" }, this.t(`frame.${kind}`))] : []), words);
    }
  }

  /** What was done before is no news beside a new alarm. */
  hush() {
    const said = $("said");
    if (said && !said.className) said.replaceChildren();
  }

  /** A key anywhere but in a field: "KeyA" by the name the layout gives, e.g. "a". */
  key(name, act) {
    this.keys.set(name, act);
  }

  // Filled by act.js and access.js: until then nothing may be done.
  async act() {
    return { delivered: "refused", reason: "NOT_READY" };
  }

  canAct() {
    return false;
  }

  whyNot() {
    return "";
  }
}

async function load(id) {
  try {
    return await import(`./${id}.js`);
  } catch (error) {
    console.warn(`no ${id}.js`, error);
    return null;
  }
}

async function showPage(app, id) {
  const entry = app.pages.get(id);
  if (!entry) return;
  app.page = id;
  for (const [name, other] of app.pages) show(other.root, name === id);
  show($("menu"), false);
  for (const part of app.parts) part.routed?.(id);
  if (!entry.mounted) {
    entry.mounted = true;
    entry.page.mount(entry.root, app);
  }
  if (app.state) updatePage(app);
}

function updatePage(app) {
  const entry = app.pages.get(app.page);
  if (!entry?.mounted || !app.state) return;
  try {
    entry.page.update(app.state, app);
  } catch (error) {
    console.error(error); // one page that fails must not take the alarms with it
  }
}

function update(app) {
  for (const part of app.parts) {
    try {
      part.update(app.state, app);
    } catch (error) {
      console.error(error);
    }
  }
  updatePage(app);
}

function onState(app, state) {
  app.state = state;
  const own = state.console ?? {};
  if (own.generation !== app.hello.generation) return location.reload(); // another session than the one this page was made for
  app.me = own.me ?? null;
  app.lease = { holder: null, mine: false, taking: null, in_s: 0, ...(own.lease ?? {}) };
  app.locked = Boolean(own.locked);
  const dead = $("deadman");
  dead.className = dead.className === "a" ? "b" : "a";
  const phase = state.session?.phase;
  if (phase !== app.phase) {
    app.phase = phase;
    const opens = app.pages.has(OPENS[phase]) ? OPENS[phase] : "run";
    if (opens !== app.page) showPage(app, opens);
  }
  update(app);
}

/** After the end nobody hangs on the machine: the last page stays to be read, its figures do not. */
function onLook(app, look, reason) {
  const over = app.state?.session?.state === "ENDED";
  cls(document.body, "notlive", look === NOT_LIVE && !over);
  cls(document.body, "stale", look !== LIVE);
  cls(document.body, "over", over && look !== LIVE);
  if (over) $("deadman").className = "";
  text($("notlive-why"), reason ? app.t("frame.notlive_why", { reason }) : "");
  if (app.look !== look || look !== LIVE) {
    app.look = look;
    update(app);
  }
}

function mountNotLive(app) {
  $("notlive").replaceChildren(
    h("p", { cls: "notlive-title" }, app.t("frame.notlive")),
    h("p", { cls: "notlive-you" }, app.t("frame.notlive_you")),
    h("p", { id: "notlive-why", cls: "muted" }),
  );
  document.body.append(h("div", { id: "deadman", "aria-hidden": "true" }, app.t("frame.notlive")));
}

function mountTop(app) {
  const plant = app.hello.plant;
  document.body.dataset.plant = plant;
  const who = h("span", { cls: "who grow" });
  const label = h("span", { cls: "digits time" });
  const access = h("span", { id: "access", cls: "row" });
  $("top").replaceChildren(
    h("div", { cls: "plant" }, h("span", {}, app.t(`frame.plant_${plant}`)), h("small", {}, app.t("frame.research"))),
    who, access, label,
  );
  const p = app.hello.prescription ?? {};
  app.add({
    update() {
      text(who, app.t("frame.session", { subject: p.patient?.subject ?? "", nominal: p.nominal_h ?? "" }));
      text(label, clock(app.wall()));
    },
  });
}

function mountMenu(app) {
  const menu = $("menu");
  const items = PAGES.filter(([id]) => app.pages.has(id)).map(([id, key]) =>
    h("button", { type: "button", "data-page": id, onclick: () => app.go(id) }, app.t(`frame.page_${id}`), key && h("kbd", {}, key)));
  const other = app.hello.languages?.find((l) => l !== app.language);
  const theme = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    keep("theme", next);
    window.dispatchEvent(new CustomEvent("qh1a-theme", { detail: next }));
  };
  menu.replaceChildren(
    ...items,
    h("button", { type: "button", onclick: theme }, app.t("frame.theme")),
    other && h("button", { type: "button", lang: other, onclick: () => { keep("language", other); location.reload(); } },
      app.t(`frame.language_${other}`)),
    h("p", { cls: "muted" }, `qh1a ${app.hello.version ?? ""}`),
  );
  app.add({
    update() {},
    routed(id) {
      for (const item of items) attr(item, "aria-current", item.dataset.page === id ? "page" : null);
    },
  });
}

const typing = (node) => node instanceof Element && node.matches("input, textarea, select");

function onKey(app, event) {
  if (event.defaultPrevented || event.altKey || event.metaKey) return;
  const page = PAGES.find(([, key]) => key === event.key);
  if (page && !event.ctrlKey && app.pages.has(page[0])) {
    event.preventDefault();
    app.go(page[0]);
    return;
  }
  const name = `${event.ctrlKey ? "Ctrl+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  if (typing(event.target) && event.key.length === 1) return;
  const act = app.keys.get(name);
  if (act && !event.repeat && act(event) !== false) event.preventDefault();
}

function mountFrame(app) {
  /** The device's wall clock: its label carries the zone; a sleeping browser does not invent one. */
  app.wall = () => {
    const label = app.state?.label;
    return label && app.fresh ? new Date(label) : null;
  };
  app.session = () => app.state?.session ?? {};
  app.seconds = seconds;
  mountNotLive(app);
  mountTop(app);
  document.addEventListener("keydown", (event) => onKey(app, event));
  const here = () => {
    if (!app.me || Date.now() - app.lastHere < HERE_MS) return;
    app.lastHere = Date.now();
    app.post("/api/here", {});
  };
  document.addEventListener("pointerdown", here);
  document.addEventListener("keydown", here);
}

async function boot() {
  document.documentElement.dataset.theme = kept("theme") ?? "dark";
  const hello = await get("/api/hello");
  const language = [kept("language"), hello?.language].find((l) => hello?.languages?.includes(l)) ?? "en";
  // Without a controller nothing is known of the session yet: the page still says NOT LIVE by itself.
  const tables = hello?.plant && (await get(`/api/tables?language=${encodeURIComponent(language)}`));
  if (!tables) {
    setTimeout(boot, RETRY_MS);
    return;
  }
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  const app = new App(hello, tables);
  app.language = language;
  globalThis.qh1a = app;
  mountFrame(app);
  app.wire = new Wire({
    figures: hello.figures, token: hello.token, onState: (s) => onState(app, s), onLook: (l, r) => onLook(app, l, r),
    onStranger: () => location.reload(),
  });
  for (const id of ["sounds", "access", "act", "panel", "banner"]) (await load(id))?.mount(app);
  for (const [id] of PAGES) {
    const module = await load(id);
    if (!module?.page) continue;
    const root = h("section", { cls: "page", id: `page-${id}`, "aria-label": app.t(`frame.page_${id}`), hidden: true });
    $("pages").append(root);
    app.pages.set(id, { page: module.page, root, mounted: false });
  }
  mountMenu(app);
  app.wire.start();
}

boot();
