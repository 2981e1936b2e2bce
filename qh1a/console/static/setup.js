// The set-up wizard: one list of the steps from the self-test to the venous connection; the step that is now is large.
//
// The controller alone decides whether a step is over. This page says what to do, shows the figures by which a person
// sees that it is done, and sends what a person reads off label and wristband.

import { actionButton } from "./act.js";
import { attr, cls, h, icon, keyed, prop, shape, show, text } from "./dom.js";
import { DASHES, duration, fixed, hours, seconds, short } from "./figures.js";

const near = (lo, hi) => (v) => v >= lo && v <= hi;
/** When a figure is as it must be: the conditions of qh1a/control/checks.py and of PRIME_WARM, to be read only. */
const ZERO = near(-15, 15);
const STILL = near(-0.2, 0.2);
const TURNS = near(0.3, 10);
const LEVEL = near(20, 95);
const WARM = near(36.5, 37.5);
const RESERVOIR_BAND_G = 15;
const NONE = near(0, 0);
const OPEN = near(1, 1);
const ZEROS = ["P_acc", "P_pre", "P_ven", "P_ret"];
const PATIENT_CLAMPS = ["POS_AC", "POS_VC", "POS_PC"];
const PUMPS = ["N_bp", "N_pp", "N_cp", "N_rp"];
/** Channels that are a word and not a figure: the words are in [setup]. */
const WORDED = {
  ...Object.fromEntries([...PATIENT_CLAMPS, "POS_RC"].map((id) => [id, (v) => (v === 1 ? "open" : v === 0 ? "closed" : "between")])),
  NODE: (v) => (v === 0 ? "armed" : "tripped"),
  OPT_v: (v) => (v >= 0.5 ? "blood" : "saline"),
};

const show4 = (ids, ok) => ids.map((id) => ({ id, ok }));
/** Each step: its tasks in order with the figures that show each, its length in the prescription, what is read and the
 * action that ends it. */
export const STEPS = [
  { state: "SELF_WAIT", tasks: [show4(ZEROS), show4(PATIENT_CLAMPS, NONE), [{ id: "NODE", ok: NONE }], []], sounds: true, action: "start" },
  { state: "SELF_ZERO", tasks: [show4(ZEROS, ZERO), show4(PUMPS, STILL), show4(PATIENT_CLAMPS, NONE)], lasts: "self_zero_s" },
  { state: "SELF_NODE", tasks: [[], [{ id: "NODE", ok: NONE }]], lasts: "self_node_s" },
  { state: "SELF_PUMPS", tasks: [[], show4(PUMPS, TURNS), show4([...PATIENT_CLAMPS, "POS_RC"], OPEN)], lasts: "self_pumps_s" },
  { state: "PRIME_LOAD", tasks: [[], [], []], prescription: true, scans: ["enter_cartridge", "enter_viability", "enter_out"], action: "confirm_load" },
  { state: "PRIME_BLOOD", tasks: [[{ id: "Q_b_2s" }, { id: "W_s" }], [], [{ id: "LVL_ven", ok: LEVEL }]], lasts: "prime_blood_s" },
  { state: "PRIME_PLASMA", tasks: [[{ id: "Q_c_2s" }, { id: "W_r" }], [{ id: "T_br" }], []], lasts: "prime_plasma_s" },
  { state: "PRIME_WARM", tasks: [[{ id: "T_br", ok: WARM }], [{ id: "W_r", ok: "reservoir" }], []], lasts: "prime_warm_s" },
  { state: "READY_TEST", tasks: [[{ id: "LVL_ven", ok: LEVEL }], [{ id: "AIR_v_bubble", ok: NONE }, { id: "AIR_p_bubble", ok: NONE }],
    show4(PATIENT_CLAMPS, NONE)], lasts: "ready_test_s" },
  { state: "READY", tasks: [[], [{ id: "AIR_v_bubble", ok: NONE }, { id: "LVL_ven", ok: LEVEL }], [{ id: "T_br", ok: WARM }], []], scans: ["enter_subject"],
    action: "confirm_ready" },
  { state: "CONNECT_ACCESS", tasks: [[], [{ id: "P_acc" }], [], []], action: "confirm_access" },
  { state: "CONNECT_FILL", tasks: [[{ id: "Q_b_2s" }], [{ id: "P_acc" }, { id: "P_ven" }], [{ id: "OPT_v", ok: near(0.5, 1) }]], lasts: "connect_s" },
  { state: "CONNECT_VENOUS", tasks: [[{ id: "AIR_v_bubble", ok: NONE }], [{ id: "P_ven" }], [], []], action: "connected" },
];
const AT = new Map(STEPS.map((step, at) => [step.state, at]));
const PRIORITIES = ["HIGH", "MEDIUM", "LOW"];
const DONE_PHASES = new Set(["RAMP", "TREAT", "RINSEBACK", "DISCONNECT", "ENDED"]);
/** Responses that forbid a CONFIRM: all above R1. */
const MILD = new Set(["NONE", "R0", "R1"]);
/** Refusals that are a word on the reading itself. */
const JUDGED = new Set(["WRONG_SUBJECT", "WRONG_CARTRIDGE", "CARTRIDGE_NOT_VIABLE", "CARTRIDGE_TOO_LONG_OUT", "OUT_OF_RANGE"]);
const TEST_MS = 3000;
const STORE = "qh1a.setup";

/** What failed last and was not passed since: events of CHECK_FAILED of one moment. Pure. */
export function failures(events) {
  let found = [];
  for (const event of events) {
    if (event.code === "CHECK_FAILED") found = [...found.filter((f) => f.now === event.now), event];
    else if (event.code === "STATE" && found.length > 0 && event.now > found[0].now) {
      const [to, failed] = [AT.get(event.subject), AT.get(found[0].detail)];
      if (to === undefined || to > failed) found = [];
    }
  }
  return found;
}

/** A figure typed by a person: a comma is a point; null where it is none. Pure. */
export function figureOf(words) {
  const said = words.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(said) ? Number(said) : null;
}

/** What was read in the present step: {key: {value, at, reason}}; another step's reading counts nothing. */
class Readings {
  constructor() {
    this.entry = "";
    this.read = {};
  }

  /** `entry` names one stay in one step; a reload of the page comes back to the same. */
  of(entry) {
    if (entry === this.entry) return this.read;
    this.entry = entry;
    this.read = {};
    try {
      const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
      if (kept?.entry === entry) this.read = kept.read;
    } catch {
      /* then it is read once more */
    }
    return this.read;
  }

  put(id, said) {
    this.read[id] = said;
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ entry: this.entry, read: this.read }));
    } catch {
      /* then a reload asks once more */
    }
  }
}

const mark = () => h("span", { cls: "su-mark", "aria-hidden": "true" });

/** One figure of a task: its name, the figure, its unit, and whether it is as it must be. */
function figureCell(app, spec, next) {
  const row = app.by.channels[spec.id];
  const num = h("span", { cls: "num su-num" });
  const done = mark();
  const same = next && !WORDED[next.id] && app.by.channels[next.id]?.unit === row?.unit; // said once, after the last
  const unit = WORDED[spec.id] || !row?.unit || same ? null : h("span", { cls: "unit" }, row.unit === "C" ? "°C" : row.unit);
  const el = h("span", { cls: "su-figure" }, h("span", { cls: "label" }, app.t(`setup.ch_${spec.id}`)), num, unit, spec.ok && done);
  const ok = spec.ok === "reservoir" ? (v) => Math.abs(v - (app.hello.prescription?.preparation?.reservoir_g ?? NaN)) <= RESERVOIR_BAND_G : spec.ok;
  return {
    el,
    update() {
      const word = WORDED[spec.id];
      const seen = app.figure(num, spec.id, word ? (v) => app.t(`setup.${word(v)}`) : (v) => fixed(v, row?.decimals ?? 0));
      if (!ok) return;
      const good = seen.good && ok(seen.value);
      cls(done, "yes", good);
      attr(el, "title", app.t(good ? "setup.as_wanted" : "setup.not_yet"));
    },
  };
}

/** What the person does, numbered, each with its figures. */
function taskList(app, step) {
  const cells = [];
  const primed = app.hello.prescription?.preparation?.prime_goes_to;
  const items = step.tasks.map((figures, at) => {
    const key = `step.${step.state}_${at + 1}`;
    const own = `${key}_${primed}`;
    const made = figures.map((spec, n) => figureCell(app, spec, figures[n + 1]));
    cells.push(...made);
    return h("li", {}, h("span", { cls: "su-no digits", "aria-hidden": "true" }, at + 1), h("span", { cls: "su-what" }, h("span", { cls: "su-task" },
      app.t(app.words.has(own) ? own : key)), made.length > 0 && h("span", { cls: "su-figures" }, made.map((c) => c.el))));
  });
  return { el: h("ol", { cls: "su-tasks" }, items), update: () => cells.forEach((c) => c.update()) };
}

/** How long the step lasts: a bar, and the time left of what is prescribed. */
function progress(app, step) {
  const bar = h("div", { cls: "su-bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": app.t("setup.progress") }, h("i", {}));
  const said = h("span", { cls: "digits su-time" });
  return {
    el: h("div", { cls: "row su-progress" }, h("div", { cls: "grow" }, bar), said),
    update(state) {
      const whole = app.hello.prescription?.preparation?.[step.lasts] ?? 0;
      const passed = seconds(state.session.in_state_ns);
      const share = whole > 0 ? Math.min(1, passed / whole) : 0;
      prop(bar, "--at", `${(100 * share).toFixed(1)}%`);
      attr(bar, "aria-valuenow", Math.round(100 * share));
      text(said, !app.fresh ? DASHES : passed > whole ? app.t("setup.waits_still", { passed: short(passed) })
        : app.t("setup.of", { passed: short(passed), whole: short(whole) }));
    },
  };
}

/** Before START: can the person in front of this console hear and see each alarm? */
function soundCheck(app, answers, redraw) {
  const rows = PRIORITIES.map((p) => {
    const lamp = h("span", { cls: "su-lamp" }, shape(p), h("span", {}, app.t(`setup.${p}`)));
    let asked = false;
    let timer = 0;
    const answer = (yes) => () => {
      answers.set(p, yes);
      redraw();
    };
    const test = h("button", { type: "button", onclick: () => {
      if (!app.sounds?.running) {
        app.say(app.t("setup.no_sound_yet"));
        return;
      }
      app.sounds.test(p);
      asked = true;
      clearTimeout(timer);
      cls(lamp, `p-${p}`, true);
      timer = setTimeout(() => cls(lamp, `p-${p}`, false), TEST_MS);
      redraw();
    } }, app.t("setup.test"));
    const yes = h("button", { type: "button", onclick: answer(true) }, app.t("setup.yes"));
    const nay = h("button", { type: "button", onclick: answer(false) }, app.t("setup.no"));
    for (const [button, key] of [[test, "test_of"], [yes, "yes_of"], [nay, "no_of"]]) attr(button, "aria-label", app.t(`setup.${key}`, { priority: app.t(`setup.${p}`) }));
    return {
      el: h("div", { cls: "su-sound", role: "group", "aria-label": app.t(`setup.${p}`) }, lamp, test, h("span", { cls: "label" }, app.t("setup.heard")), yes, nay),
      update() {
        for (const [button, is] of [[yes, true], [nay, false]]) {
          button.disabled = !asked;
          attr(button, "aria-pressed", String(answers.get(p) === is));
        }
      },
    };
  });
  return {
    el: h("div", { cls: "su-sounds" }, rows.map((r) => r.el)),
    update() {
      for (const row of rows) row.update();
    },
  };
}

/** One thing to read off a label: a barcode scanner types it and Enter. */
function scanField(app, id, wizard) {
  const c = app.hello.prescription?.cartridge ?? {};
  const figure = app.by.actions[id]?.takes === "value" || id === "enter_viability" || id === "enter_out";
  const wanted = {
    enter_cartridge: c.id, enter_viability: c.viability_percent_min, enter_out: (c.out_of_incubator_max_s ?? 0) / 60,
    enter_subject: app.hello.prescription?.patient?.subject,
  }[id];
  const sim = app.hello.plant === "SIM";
  const input = h("input", { type: "text", id: `su-${id}`, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 80,
    inputmode: figure ? "decimal" : null, onkeydown: (event) => {
      if (event.key !== "Enter" || event.repeat || event.ctrlKey) return;
      event.preventDefault();
      button.el.click();
    } });
  const done = mark();
  const said = h("span", { cls: "su-said", role: "status" });
  const button = actionButton(app, {
    id, label: h("span", {}, app.t("setup.enter")), text: figure ? undefined : () => input.value.trim(), value: figure ? () => figureOf(input.value) : undefined,
    done: (answer) => {
      const value = input.value.trim();
      wizard.answered(answer);
      const wrong = answer.delivered !== "taken";
      // A wrong reading voids the one before it; one that nobody judged leaves it as it was.
      const judged = JUDGED.has(answer.reason) || answer.delivered === "uncertain";
      const why = !wrong ? "" : answer.delivered === "uncertain" ? app.t("setup.uncertain") : app.words.refusal(answer);
      if (!wrong || judged || !wizard.readings.read[id]?.ok) wizard.readings.put(id, { value, ok: !wrong, why, now: answer.now ?? app.state?.now ?? 0 });
      if (wrong) input.select(); // the next scan writes over it
      else input.value = "";
      wizard.next = wrong ? id : "any";
      wizard.redraw();
    },
  });
  const guard = (event) => {
    const empty = figure ? figureOf(input.value) === null : !input.value.trim();
    if (!wizard.busy && (!empty || !app.canAct(id))) {
      if (app.canAct(id)) wizard.busy = true;
      return;
    }
    event.stopPropagation();
    if (!wizard.busy) {
      app.say(app.t(figure ? "setup.number" : "setup.empty"));
      input.focus();
    }
  };
  const key = h("span", { cls: "su-key" }, button.el);
  key.addEventListener("click", guard, true);
  const hint = figure ? app.t(`setup.${id}_want`, { wanted: fixed(wanted) }) : sim && wanted ? app.t("setup.prescribed", { wanted }) : "";
  const el = h("div", { cls: "su-scan" }, h("label", { for: input.id }, done, h("b", {}, app.t(`setup.${id}`)), said),
    h("div", { cls: "row" }, h("span", { cls: "grow" }, input), key));
  return {
    el, id, input,
    update(state, read) {
      const mine = read[id];
      const may = app.canAct(id) && !wizard.busy;
      if (input.disabled === may) input.disabled = !may;
      cls(done, "yes", Boolean(mine?.ok));
      cls(el, "wrong", Boolean(mine && !mine.ok));
      let words = hint;
      cls(said, "muted", !mine);
      if (mine?.ok) {
        const age = id === "enter_out" ? (figureOf(mine.value) ?? 0) + (state.now - mine.now) / 6e10 : null;
        words = age === null ? app.t("setup.accepted", { value: mine.value }) : app.t("setup.accepted_out", { value: mine.value, age: fixed(Math.floor(age)) });
      } else if (mine) words = app.t("setup.not_accepted", { value: mine.value, why: mine.why });
      text(said, words);
    },
  };
}

/** The prescription in full words, for two people to read to each other. */
function prescription(app) {
  const p = app.hello.prescription ?? {};
  const { flows: f = {}, patient = {}, cartridge: c = {}, anticoagulation: a = {}, marks = {}, preparation: prep = {} } = p;
  const nominal = (p.nominal_h ?? NaN) * 3600;
  const d = (key, params) => app.t(`setup.rx_${key}`, params);
  const time = nominal < 3600 ? (s) => duration(s, 1) : hours; // a bench session of minutes
  const rows = [
    ["patient", d("patient_is", { subject: patient.subject ?? DASHES, kg: fixed(patient.weight_kg), hct: fixed(100 * patient.haematocrit) })],
    ["cartridge", d("cartridge_is", { id: c.id ?? DASHES, expires: String(c.expires ?? DASHES).replaceAll("-", "\u2011") })],
    ["time", d("time_is", { nominal: time(nominal), lo: time(nominal - marks.window_s), hi: time(nominal + marks.window_s) })],
    ["blood", d("flow", { flow: fixed(f.blood_ml_min) })],
    ["plasma", d("plasma_is", { flow: fixed(f.plasma_ml_min), ratio: fixed((100 * f.plasma_ml_min) / f.blood_ml_min) })],
    ["perfusion", d("flow", { flow: fixed(f.perfusion_ml_min) })],
    ["bath", d("bath_is", { t: fixed(f.temperature_c, 1), o2: fixed(f.do_in_mmhg), ph: fixed(f.ph, 2) })],
    ["heparin", a.agent === "none" ? d("heparin_none") : d("heparin_is", { bolus: fixed(a.bolus_ml, 1), rate: fixed(a.rate_ml_h, 1), cap: fixed(a.cap_ml, 1) })],
    ["prime", d(`prime_${prep.prime_goes_to ?? "waste"}`)],
  ];
  return h("div", { cls: "su-rx" }, h("h3", {}, p.name ?? d("title")),
    h("dl", {}, rows.map(([key, words]) => h("div", {}, h("dt", { cls: "label" }, d(key)), h("dd", { cls: "digits" }, words)))));
}

/** The step that is now, large. */
function stepPanel(app, step, at, wizard) {
  const tasks = taskList(app, step);
  const bar = step.lasts ? progress(app, step) : null;
  const sounds = step.sounds ? soundCheck(app, wizard.answers, () => wizard.redraw()) : null;
  const scans = (step.scans ?? []).map((id) => scanField(app, id, wizard));
  const failed = h("div", { cls: "su-failed", role: "status" });
  const missing = h("p", { cls: "su-missing", role: "status" });
  const how = h("button", { type: "button", cls: "primary su-how", onclick: () => app.openAccess?.(how) }, icon("lock"), h("span", {}));
  const button = step.action ? actionButton(app, { id: step.action, cls: "primary big", done: (answer) => wizard.answered(answer) }) : null;
  const key = h("span", { cls: "su-key" }, button?.el);
  let lacking = [];
  key.addEventListener("click", (event) => {
    if (!wizard.busy && lacking.length === 0) return;
    event.stopPropagation();
    if (wizard.busy) return;
    app.say(missing.textContent);
    scans.find((s) => lacking.includes(s.id))?.input.focus();
  }, true);
  const sim = `step.${step.state}_sim`;
  const title = h("h2", { cls: "su-title" }, app.words.text("state", step.state));
  const body = [step.prescription && prescription(app), scans.length > 0 && h("div", { cls: "su-scans" }, scans.map((s) => s.el)), sounds?.el];
  const el = h("section", { cls: `panel su-now su-${step.state}`, hidden: true, "aria-label": app.words.text("state", step.state) },
    h("div", { cls: "su-head" }, h("div", { cls: "su-line" }, title, h("span", { cls: "label" }, app.t("setup.step", { n: at + 1, all: STEPS.length }))),
      h("p", { cls: "su-does" }, h("b", {}, app.t("setup.machine")), " ", app.t(`step.${step.state}_does`)), bar?.el),
    h("div", { cls: "su-mid" }, failed, tasks.el, h("div", { cls: "su-body" }, body)),
    h("div", { cls: "su-end" }, h("div", { cls: "su-why" }, missing,
      app.hello.plant === "SIM" && app.words.has(sim) && h("p", { cls: "muted su-sim" }, app.t(sim))), how, key));
  return {
    el, scans,
    update(state, events) {
      tasks.update();
      bar?.update(state);
      sounds?.update();
      const read = wizard.readings.of(wizard.entry);
      for (const scan of scans) scan.update(state, read);
      const wrong = failures(events);
      show(failed, wrong.length > 0);
      keyed(failed, JSON.stringify(wrong.map((f) => [f.number, f.subject])), () => [h("h3", {}, app.t("setup.failed")),
        h("ul", {}, wrong.map((f) => h("li", {}, app.words.texts.check?.[f.detail]?.[f.subject] ?? `${f.detail} ${f.subject}`)))]);
      const code = step.action ? app.refusal(step.action) : scans.length > 0 ? app.refusal(scans[0].id) : "";
      const who = ["login", "lease", "locked"].includes(code);
      show(how, who);
      text(how.lastChild, who ? app.t(`setup.how_${code}`) : "");
      lacking = [];
      const words = [];
      if (sounds && !PRIORITIES.every((p) => wizard.answers.get(p) === true)) {
        lacking.push("sounds");
        words.push(app.t("setup.miss_sounds"));
      }
      for (const scan of scans) {
        if (read[scan.id]?.ok) continue;
        lacking.push(scan.id);
        words.push(app.t(`setup.${scan.id}_short`));
      }
      if (step.action && step.action !== "start") {
        for (const alarm of state.alarms) {
          if (!MILD.has(String(app.by.rules[alarm.rule]?.response ?? "NONE"))) words.push(app.t("setup.miss_alarm", { title: app.rule(alarm.rule).title }));
        }
      }
      if (step.action) {
        const no = code && !who ? app.t(`act.not_${code}`) : "";
        const unheard = sounds && PRIORITIES.some((p) => wizard.answers.get(p) === false);
        const coming = app.me && app.lease.taking === app.me.name && !app.lease.mine;
        show(how, who && !coming);
        text(missing, unheard ? app.t("setup.no_help") : coming ? app.t("setup.coming", { s: fixed(Math.ceil(app.lease.in_s ?? 0)) }) : who ? "" : no || (words.length > 0 ? app.t("setup.missing", { what: words.join(app.t("setup.and")) }) : app.t("setup.nothing_missing")));
      }
      else text(missing, app.t("setup.by_itself"));
      show(key, button && !who && !(sounds && lacking.length > 0));
      cls(key, "held", wizard.busy || lacking.length > 0);
    },
  };
}

class Wizard {
  constructor(root, app) {
    this.app = app;
    this.readings = new Readings();
    this.answers = new Map();
    this.entry = "";
    this.busy = false;
    this.wait = null;
    this.next = "";
    this.events = [];
    this.seen = -1;
    this.rows = STEPS.map((step, at) => {
      const is = h("span", { cls: "sr" });
      const dot = h("span", { cls: "su-dot digits", "aria-hidden": "true" }, at + 1);
      return { is, dot, el: h("li", {}, dot, h("span", { cls: "su-name" }, app.words.text("state", step.state)), is) };
    });
    this.panels = STEPS.map((step, at) => stepPanel(app, step, at, this));
    const words = h("p", {});
    const title = h("h2", { cls: "su-title" });
    const go = h("button", { type: "button", cls: "primary big", onclick: () => app.go("run") }, app.t("setup.go_run"));
    this.other = { words, title, el: h("section", { cls: "panel su-now su-other", hidden: true }, title, words, go) };
    root.append(h("div", { cls: "setup" }, h("ol", { cls: "panel su-list", "aria-label": app.t("setup.steps") }, this.rows.map((r) => r.el)),
      this.panels.map((p) => p.el), this.other.el));
    this.#past();
  }

  /** What happened before this page was opened. */
  async #past() {
    try {
      const answer = await fetch("/api/events", { credentials: "same-origin", cache: "no-store" });
      if (answer.ok) this.hear((await answer.json()).events ?? [], true);
    } catch {
      /* then only what comes from now on */
    }
  }

  hear(events, past = false) {
    if (past) {
      const known = new Set(this.events.map((e) => e.number));
      this.events = [...events.filter((e) => !known.has(e.number)), ...this.events];
    } else this.events.push(...events.filter((e) => e.number > this.seen));
    for (const e of events) this.seen = Math.max(this.seen, e.number);
    this.events = this.events.filter((e) => e.code === "CHECK_FAILED" || e.code === "STATE").slice(-200);
  }

  /** An answer came: the next wish waits for a state that is not older than it. */
  answered(answer) {
    this.wait = { seq: this.app.state?.seq ?? 0, now: answer.now ?? 0 };
    this.busy = true;
  }

  redraw() {
    if (this.app.state) this.update(this.app.state);
  }

  update(state) {
    const s = state.session;
    if (this.wait && state.seq > this.wait.seq && state.now >= this.wait.now) {
      this.wait = null;
      this.busy = false;
    }
    const at = AT.get(s.state) ?? -1;
    this.entry = `${this.app.hello.session_file ?? ""} ${s.state} ${Math.round(state.now - s.in_state_ns)}`;
    const over = DONE_PHASES.has(s.phase);
    this.rows.forEach((row, n) => {
      const how = over || (at >= 0 && n < at) ? "done" : n === at ? "now" : "come";
      if (row.how === how) return;
      row.how = how;
      row.el.className = `su-${how}`;
      row.dot.replaceChildren(how === "done" ? icon("check") : String(n + 1));
      attr(row.el, "aria-current", how === "now" ? "step" : null);
      text(row.is, this.app.t(`setup.is_${how}`));
    });
    this.panels.forEach((panel, n) => show(panel.el, n === at));
    show(this.other.el, at < 0);
    if (at < 0) {
      text(this.other.title, this.app.words.text("state", s.state));
      text(this.other.words, this.app.t(over ? "setup.over" : "setup.halted"));
      return;
    }
    const panel = this.panels[at];
    panel.update(state, this.events);
    const came = this.entry !== this.was;
    this.was = this.entry;
    if ((came || this.next) && !this.busy) {
      const again = panel.scans.find((scan) => scan.id === this.next);
      this.next = "";
      const read = this.readings.of(this.entry);
      const free = [document.body, document.getElementById("pages")].includes(document.activeElement) || panel.el.contains(document.activeElement);
      const first = again ?? panel.scans.find((scan) => !read[scan.id]?.ok);
      if (free && first && !first.input.disabled) first.input.focus();
    }
  }
}

export const page = {
  id: "setup",
  mount(root, app) {
    this.wizard = new Wizard(root, app);
    // Failed checks are heard also while another page is looked at.
    app.add({ update: (state) => state && this.wizard.hear(state.events ?? []) });
    if (app.state) this.wizard.hear(app.state.events ?? []);
  },
  update(state) {
    this.wizard.update(state);
  },
};
