// What a person may do: buttons from the table of actions, and the tray in which they are confirmed.
//
// Nothing that changes therapy happens by one key or by two taps on one spot: a button opens the tray, CONFIRM lies
// elsewhere and is dead for half a second. STOP and AUDIO PAUSE need nobody logged in.

import { attr, cls, h, show, text } from "./dom.js";
import { reference } from "./wire.js";

/** Held that long, STOP needs no confirm (safety reference 6.3). */
export const HOLD_MS = 2000;
/** A confirm that has just opened does not take the bounce of the touch that opened it. */
export const BOUNCE_MS = 500;
export const TIMEOUT_S = 30;
const ALWAYS = new Set(["stop", "audio_pause"]);
const DIRECT = new Set(["audio_pause", "note", "enter_cartridge", "enter_viability", "enter_out", "enter_subject", "enter_sample"]);
const REASONS = ["planned", "physician", "alarm", "clotting", "patient", "technical"];
const PIN_MOST = 12;
/** Responses with which a session may go on; any other has to be answered first (the controller has the last word). */
const MILD = new Set(["NONE", "R0", "R1"]);

/** Why an action is not possible, as a code, or "" when it is. Pure: for tests. */
export function refusal(row, { state, me, lease, locked, fresh, held = false }) {
  if (row && ALWAYS.has(row.id)) return "";
  if (!row) return "unknown";
  if (!fresh) return "not_live";
  if (!row.states.includes(state)) return "not_now";
  if (row.id === "resume" && held) return "alarm";
  if (!me) return "login";
  if (locked) return "locked";
  if (!row.roles.includes(me.role)) return "role";
  return lease?.mine ? "" : "lease";
}

/** Whether two rectangles touch: the confirm must not lie where the trigger lay. */
export function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** A PIN: dots, one row of keys, and digits of the keyboard. `value()`, `clear()`. */
export function pinField(app, label, onchange = () => {}) {
  let pin = "";
  const dots = h("output", { cls: "pin-dots digits", "aria-label": label });
  const draw = () => {
    text(dots, pin ? "•".repeat(pin.length) : app.t("access.pin"));
    cls(dots, "muted", !pin);
  };
  const press = (key) => {
    pin = key === "back" ? pin.slice(0, -1) : (pin + key).slice(0, PIN_MOST);
    draw();
    onchange(pin);
  };
  const keys = [..."1234567890"].map((d) => h("button", { type: "button", cls: "digits", onclick: () => press(d) }, d));
  const el = h("div", { cls: "pin", role: "group", "aria-label": label, tabindex: "0", onkeydown: (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
    else return;
    event.preventDefault();
    event.stopPropagation();
  } }, dots, h("div", { cls: "pin-keys" }, keys,
    h("button", { type: "button", "aria-label": app.t("access.erase"), onclick: () => press("back") }, "⌫")));
  draw();
  return { el, value: () => pin, clear: () => { pin = ""; draw(); } };
}

/** The second person: a name and a PIN. `value()` is null until both are there. */
export function secondField(app, onchange = () => {}) {
  let name = "";
  const pin = pinField(app, app.t("act.second_pin"), onchange);
  const others = (app.hello.users ?? []).map((u) => u.name ?? u).filter((n) => n !== app.me?.name);
  const names = others.map((n) => h("button", { type: "button", "aria-pressed": "false", onclick: () => {
    name = n;
    for (const b of names) attr(b, "aria-pressed", String(b.textContent === n));
    pin.el.focus();
    onchange();
  } }, n));
  const el = h("fieldset", { cls: "second" }, h("legend", { cls: "label" }, app.t("act.second")), h("div", { cls: "row wrap" }, names), pin.el);
  return { el, value: () => (name && pin.value() ? { name, pin: pin.value() } : null), clear: pin.clear };
}

function reasonField(app, onchange) {
  const input = h("input", { type: "text", maxlength: 300, autocomplete: "off", "aria-label": app.t("act.why"),
    placeholder: app.t("act.why"), oninput: onchange });
  const chips = REASONS.map((r) => h("button", { type: "button", onclick: () => { input.value = app.t(`act.why_${r}`); onchange(); } },
    app.t(`act.why_${r}`)));
  return { el: h("div", { cls: "why col" }, h("div", { cls: "row wrap" }, chips), input), value: () => input.value.trim(), input };
}

class Tray {
  constructor(app) {
    this.app = app;
    this.el = document.getElementById("tray");
    this.pages = document.getElementById("pages");
    this.open = null;
    setInterval(() => this.turn(), 200);
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (!this.open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && event.ctrlKey && !event.repeat) {
      event.preventDefault();
      event.stopPropagation();
      this.#confirm();
    }
  }

  /** Opens for one action; `plan`: {id, label, trigger, value, text, why, choices, run, done}. */
  show(plan) {
    if (this.open) this.close();
    const { app } = this;
    const row = app.by.actions[plan.id];
    const asksWhy = plan.why ?? row?.why;
    const change = () => this.turn();
    const why = asksWhy ? reasonField(app, change) : null;
    const second = row?.second ? secondField(app, change) : null;
    const stop = plan.id === "stop";
    const confirm = h("button", { type: "button", cls: `big confirm ${stop ? "stop" : "primary"}`, onclick: () => this.#confirm(),
      onkeydown: (event) => event.repeat && event.preventDefault() }, app.t(stop ? "act.confirm_stop" : "act.confirm"));
    const left = h("span", { cls: "digits muted count" });
    const cancel = h("button", { type: "button", cls: "big", onclick: () => this.close() }, app.t("act.cancel"), left);
    const reason = h("p", { cls: "muted reason", "aria-live": "polite" });
    let choice = plan.choices?.[0]?.value ?? null;
    const choices = plan.choices?.map((c) => h("button", { type: "button", cls: "digits", "aria-pressed": String(c.value === choice), onclick: () => {
      choice = c.value;
      choices.forEach((b, n) => attr(b, "aria-pressed", String(plan.choices[n].value === choice)));
    } }, c.label));
    const more = (plan.more ?? []).filter((m) => app.canAct(m)).map((m) => h("button", { type: "button", onclick: (event) =>
      this.show({ id: m, label: app.t(`act.${m}`), trigger: event.currentTarget }) }, app.t(`act.${m}`)));
    this.el.setAttribute("aria-label", plan.label);
    this.el.replaceChildren(
      h("div", { cls: "tray-body" },
        h("div", { cls: "col grow" }, h("h2", {}, app.t("act.ask", { what: plan.label })),
          app.words.has(`act.${plan.id}_effect`) && h("p", {}, app.t(`act.${plan.id}_effect`)),
          choices && h("div", { cls: "row wrap" }, choices), why?.el, second?.el,
          more.length > 0 && h("div", { cls: "row wrap" }, h("span", { cls: "label" }, app.t("act.instead")), more), reason),
        h("div", { cls: "tray-keys" }, cancel, confirm)));
    this.open = { plan, why, second, confirm, left, reason, choice: () => choice, since: Date.now(), until: Date.now() + TIMEOUT_S * 1000 };
    show(this.el, true);
    this.pages.inert = true; // what it covers takes no key; banner and bar do
    cls(this.el, "flip", false);
    if (plan.trigger && overlaps(plan.trigger.getBoundingClientRect(), confirm.getBoundingClientRect())) cls(this.el, "flip", true);
    this.turn();
    // Never the confirm: one key pressed twice must not do it.
    (why?.input ?? second?.el.querySelector("button") ?? cancel).focus();
  }

  #ready() {
    const { plan, why, second, since } = this.open;
    if (plan.id !== "stop" && Date.now() - since < BOUNCE_MS) return "wait";
    const not = plan.run ? "" : this.app.whyNot(plan.id);
    if (not) return not;
    if (why && !why.value()) return this.app.t("act.needs_why");
    if (second && !second.value()) return this.app.t("act.needs_second");
    return "";
  }

  turn() {
    if (!this.open) return;
    const { confirm, left, reason, until, plan } = this.open;
    const s = Math.ceil((until - Date.now()) / 1000);
    if (s <= 0) {
      this.app.say(this.app.t("act.timed_out", { what: plan.label }));
      this.close();
      return;
    }
    text(left, s);
    const not = this.#ready();
    attr(confirm, "aria-disabled", not ? "true" : null);
    text(reason, not === "wait" ? "" : not);
  }

  async #confirm() {
    if (!this.open) return;
    const not = this.#ready();
    if (not) {
      if (not !== "wait") this.app.say(not);
      return;
    }
    const { plan, why, second, choice } = this.open;
    const options = { label: plan.label, value: plan.value?.() ?? choice() ?? undefined, text: plan.text?.() || undefined,
      why: why?.value() || undefined, second: second?.value() ?? undefined };
    this.close();
    const answer = await this.app.act(plan.id, options);
    plan.done?.(answer);
  }

  close() {
    const trigger = this.open?.plan.trigger;
    this.open = null;
    show(this.el, false);
    this.pages.inert = false;
    this.el.replaceChildren();
    if (trigger?.isConnected && (document.activeElement === document.body || !document.activeElement)) trigger.focus();
  }
}

/** One action as a button that knows by itself whether it may be pressed.
 *
 * `plan`: {id, label?, cls?, icon?, value?, text?, why?, choices?, more?, done?, direct?}; figures are read when pressed. */
export function actionButton(app, plan) {
  const inside = plan.label ?? app.t(`act.${plan.id}`);
  const label = typeof inside === "string" ? inside : app.t(`act.${plan.id}`);
  const el = h("button", { type: "button", cls: plan.cls ?? "", "data-action": plan.id }, plan.icon, inside);
  el.addEventListener("keydown", (event) => event.key === "Enter" && event.repeat && event.preventDefault());
  el.addEventListener("click", async () => {
    const not = app.whyNot(plan.id);
    if (not) {
      app.say(not);
      const code = app.refusal(plan.id);
      if (code === "login" || code === "lease" || code === "locked") app.openAccess?.(el);
      return;
    }
    const why = typeof plan.why === "function" ? plan.why() : plan.why;
    if (plan.direct?.() ?? (DIRECT.has(plan.id) && !why)) {
      const answer = await app.act(plan.id, { label, value: plan.value?.(), text: plan.text?.() });
      plan.done?.(answer);
    } else app.tray.show({ ...plan, why, label, trigger: el });
  });
  const update = () => {
    const not = app.whyNot(plan.id);
    attr(el, "aria-disabled", not ? "true" : null);
    attr(el, "title", not || null);
  };
  update();
  app.buttons.push({ el, update });
  return { el, update };
}

/** Puts a node into the side panel; the one before leaves. `leave()` is called when it does. */
function openSide(app, node, { label, leave, trigger } = {}) {
  closeSide(app);
  const side = document.getElementById("side");
  app.side = { leave, trigger };
  side.setAttribute("aria-label", label ?? "");
  side.replaceChildren(node);
  show(side, true);
  cls(document.body, "side-open", true);
}

function closeSide(app) {
  const side = document.getElementById("side");
  const { leave, trigger } = app.side ?? {};
  app.side = null;
  show(side, false);
  cls(document.body, "side-open", false);
  side.replaceChildren();
  leave?.();
  if (trigger?.isConnected) trigger.focus();
}

function stopButton(app) {
  const fillBar = h("span", { cls: "hold", "aria-hidden": "true" });
  const el = h("button", { type: "button", cls: "stop", id: "stop", "aria-keyshortcuts": "Control+F12" }, fillBar,
    h("span", { cls: "stop-words" }, h("b", {}, app.t("act.stop")), h("small", {}, app.t("act.stop_hold"))));
  let timer = null;
  let fired = false;
  const begin = () => {
    if (timer !== null) return;
    fired = false;
    cls(el, "held", true);
    timer = setTimeout(() => {
      end();
      fired = true;
      app.tray.close();
      app.act("stop", { label: app.t("act.stop") });
    }, HOLD_MS);
  };
  const end = () => {
    clearTimeout(timer);
    timer = null;
    cls(el, "held", false);
  };
  const ask = () => app.tray.show({ id: "stop", label: app.t("act.stop"), trigger: el });
  el.addEventListener("pointerdown", (event) => event.button === 0 && begin());
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) el.addEventListener(name, end);
  el.addEventListener("contextmenu", (event) => event.preventDefault());
  el.addEventListener("click", () => {
    if (!fired) ask();
    fired = false;
  });
  const writes = (node) => node instanceof Element && node.matches("input, textarea");
  // Space: held anywhere but in a field it is STOP; short it presses what has the focus, or asks for STOP.
  document.addEventListener("keydown", (event) => {
    if (event.key === "F12" && event.ctrlKey) {
      event.preventDefault();
      if (!event.repeat) ask();
    } else if (event.key === " " && !writes(event.target)) {
      if (event.repeat) event.preventDefault();
      else begin();
    }
  }, true);
  document.addEventListener("keyup", (event) => {
    if (event.key !== " " || writes(event.target)) return;
    const was = fired;
    end();
    if (was) {
      event.preventDefault(); // the button under the focus is not pressed as well
      fired = false;
    } else if (!event.target.closest?.("button, select, summary, a, [role]")) ask();
  }, true);
  window.addEventListener("blur", end);
  return el;
}

/** What has to be done before RESUME, in a few words, or "". */
function comesFirst(app) {
  const code = app.refusal("resume");
  const key = `act.first_${code === "alarm" && app.state.alarms.some((a) => a.active && !MILD.has(a.response)) ? "cause" : code}`;
  return code && app.words.has(key) ? app.t(key) : "";
}

export function mount(app) {
  app.buttons = [];
  app.tray = new Tray(app);
  app.openSide = (node, options) => openSide(app, node, options);
  app.closeSide = () => closeSide(app);
  app.refusal = (id) => refusal(app.by.actions[id] ?? (ALWAYS.has(id) ? { id } : null), {
    state: app.state?.session?.state, me: app.me, lease: app.lease, locked: app.locked, fresh: app.fresh,
    held: (app.state?.alarms ?? []).some((a) => !MILD.has(a.response)),
  });
  app.whyNot = (id) => {
    const code = app.refusal(id);
    return code ? app.t(`act.not_${code}`) : "";
  };
  app.canAct = (id) => app.refusal(id) === "";
  app.act = async (id, { value, text: words, why, second, label } = {}) => {
    const what = label ?? app.t(`act.${id}`);
    app.say(app.t("act.sent", { what }));
    const body = { ref: reference(), action: id, seen: app.state?.seq ?? 0 };
    if (value !== undefined && value !== null) body.value = value;
    if (words !== undefined) body.text = words;
    if (why) body.why = why;
    if (second) body.second = second;
    const { status, ok, body: found } = await app.post("/api/intent", body);
    const answer = ok ? found : { delivered: status === 0 ? "uncertain" : "refused", reason: found.reason, text: found.text };
    app.sayAnswer(answer, what, id);
    return answer;
  };
  app.sayAnswer = (answer, what, id) => {
    if (answer.delivered === "taken") app.say(app.t("act.taken", { what }));
    else if (answer.delivered === "uncertain") app.say(app.t(id === "stop" ? "act.uncertain_stop" : "act.uncertain", { what }), "uncertain");
    else app.say(`${what}: ${app.words.refusal(answer)}`, "refused");
  };

  const pause = actionButton(app, { id: "pause_plasma", cls: "primary", more: ["pause_stopped", "pause_off"] });
  const first = h("small", {});
  const resume = actionButton(app, { id: "resume", cls: "primary", more: ["pause_off"], label: h("span", { cls: "col" }, app.t("act.resume"), first) });
  const end = h("button", { type: "button", onclick: () => app.go("end") }, app.t("act.end_return"));
  const menu = h("button", { type: "button", "aria-controls": "menu", "aria-expanded": "false", onclick: () => {
    const box = document.getElementById("menu");
    show(box, box.hidden);
    attr(menu, "aria-expanded", String(!box.hidden));
    if (!box.hidden) box.querySelector("button").focus();
  } }, app.t("frame.menu"));
  document.getElementById("bar").replaceChildren(h("div", { cls: "first" }, pause.el, resume.el), stopButton(app),
    h("p", { id: "said", role: "status" }), end, menu);
  app.key("Escape", () => {
    if (!document.getElementById("menu").hidden) {
      show(document.getElementById("menu"), false);
      menu.focus();
    } else if (app.side) app.closeSide();
    else return false;
    return true;
  });
  app.key("F1", () => {
    const title = document.activeElement?.getAttribute("title");
    app.say(title || app.t("frame.help_keys"));
  });
  app.key("n", () => app.go("events"));
  app.add({
    update(state) {
      const paused = app.by.actions.resume?.states.includes(state?.session?.state);
      show(pause.el, !paused);
      show(resume.el, paused);
      text(first, paused ? comesFirst(app) : "");
      for (const button of app.buttons) button.update();
    },
    routed() {
      attr(menu, "aria-expanded", "false");
    },
  });
}
