// Who is here and who has control: log in, the one lease, hand over, take over, idle lock.

import { attr, cls, h, icon, show, text } from "./dom.js";
import { fixed, short } from "./figures.js";
import { pinField } from "./act.js";

/** How the access chip reads, as a key: pure, for tests. */
export function standing({ me, lease, locked }) {
  if (!me) return "nobody";
  if (locked) return "locked";
  if (lease?.taking && lease.mine) return "losing";
  if (lease?.taking === me.name) return "taking";
  if (lease?.mine) return "control";
  return lease?.holder ? "held" : "free";
}

function loginForm(app, redraw) {
  let name = app.me?.name ?? "";
  let until = 0;
  const users = (app.hello.users ?? []).map((u) => u.name ?? u);
  const said = h("p", { role: "alert", cls: "reason" });
  const pin = pinField(app, app.t("access.pin"), () => check());
  const enter = h("button", { type: "button", cls: "primary big", onclick: () => send() }, app.t("access.login"));
  const names = users.map((n) => h("button", { type: "button", "aria-pressed": String(n === name), onclick: () => {
    name = n;
    for (const b of names) attr(b, "aria-pressed", String(b.textContent === n));
    pin.el.focus();
    check();
  } }, n));
  function check() {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left > 0) text(said, app.t("access.locked_out", { left: short(left) }));
    else if (until) {
      until = 0;
      text(said, "");
    }
    attr(enter, "aria-disabled", left > 0 || !name || pin?.value().length < 6 ? "true" : null);
  }
  async function send() {
    if (enter.getAttribute("aria-disabled")) return;
    const { status, ok, body } = await app.post("/api/login", { name, pin: pin.value() });
    pin.clear();
    if (ok) {
      app.me = { name: body.name, role: body.role };
      app.say("");
      redraw();
    } else if (status === 429) {
      until = Date.now() + 1000 * Number(body.retry_s ?? 60);
      check();
    } else text(said, app.t(status === 401 ? "access.wrong" : "access.no_line"));
  }
  const el = h("div", { cls: "col login", onkeydown: (event) => {
    if (event.key === "Enter" && !event.repeat && !event.target.closest("button")) send();
  } }, h("span", { cls: "label" }, app.t("access.name")), h("div", { cls: "names" }, names), h("span", { cls: "label" }, app.t("access.pin")),
  pin.el, said, enter);
  return { el, turn: check, focus: () => (name ? pin.el : names[0])?.focus() };
}

function leaseForm(app, close) {
  const holder = h("p", {});
  const say = h("p", { cls: "muted" });
  const ask = async (take) => {
    const { ok, body } = await app.post("/api/lease", { take });
    text(say, ok ? (body.mine || !take ? "" : app.t("access.notice", { s: fixed(body.in_s, 0) })) : body.text || app.t("access.no_line"));
    if (ok && body.mine) close();
  };
  const take = h("button", { type: "button", cls: "primary big", onclick: () => ask(true) }, app.t("access.take"));
  const give = h("button", { type: "button", cls: "big", onclick: () => ask(false) }, app.t("access.give"));
  const out = h("button", { type: "button", cls: "big", onclick: async () => {
    await app.post("/api/logout", {});
    app.me = null;
    close();
  } }, app.t("access.logout"));
  return {
    el: h("div", { cls: "col" }, holder, take, give, say, out),
    turn() {
      text(holder, app.t(`access.say_${standing(app)}`, { holder: app.lease.holder ?? "", name: app.me?.name ?? "", taking: app.lease.taking ?? "",
        s: fixed(Math.ceil(app.lease.in_s ?? 0)) }));
      show(take, !app.lease.mine && ["operator", "engineer"].includes(app.me?.role));
      show(give, app.lease.mine);
    },
    focus: () => (take.hidden ? out : take).focus(),
  };
}

export function mount(app) {
  const name = h("span", {});
  const chip = h("span", { cls: "standing" });
  const button = h("button", { type: "button", cls: "quiet", onclick: () => app.openAccess(button) }, icon("lock"), name, chip);
  document.getElementById("access").append(button);
  let form = null;
  app.openAccess = (trigger) => {
    const body = h("div", { cls: "col" });
    let kind = "";
    const close = () => app.closeSide();
    const draw = () => {
      const now = !app.me || app.locked ? "login" : "lease";
      if (now !== kind) {
        kind = now;
        form = now === "login" ? loginForm(app, draw) : leaseForm(app, close);
        body.replaceChildren(form.el);
        form.focus();
      }
      form?.turn();
    };
    app.openSide(h("div", { cls: "col access" }, h("div", { cls: "page-head" }, h("h2", { cls: "grow" }, app.t("access.title")),
      h("button", { type: "button", onclick: close }, app.t("access.close"))), body),
    { label: app.t("access.title"), trigger, leave: () => { form = null; app.accessTurn = null; } });
    app.accessTurn = draw;
    draw();
  };
  setInterval(() => app.accessTurn?.(), 250);
  app.add({
    update() {
      const how = standing(app);
      text(name, app.me ? app.t("access.who", { name: app.me.name, role: app.t(`access.role_${app.me.role}`) }) : app.t("access.login"));
      text(chip, how === "nobody" ? "" : app.t(`access.chip_${how}`, { holder: app.lease.holder ?? "", taking: app.lease.taking ?? "",
        s: fixed(Math.ceil(app.lease.in_s ?? 0)) }));
      cls(chip, "mine", how === "control");
      if (how !== app.standing) {
        app.standing = how;
        if (how === "losing") app.say(app.t("access.say_losing", { taking: app.lease.taking, s: fixed(Math.ceil(app.lease.in_s)) }));
        if (how === "locked") app.say(app.t("access.say_locked"));
      }
    },
  });
}
