// The alarm banner: always there, above the numbers and never over them (IEC 60601-1-8 as in clinical reference 3.3).

import { attr, cls, h, icon, keyed, shape, show, text } from "./dom.js";
import { seconds, short } from "./figures.js";
import { actionButton } from "./act.js";
import { NOT_LIVE } from "./wire.js";

const RANK = { NONE: 0, LOW: 1, MEDIUM: 2, HIGH: 3 };

/** Alarms as they are shown: present and not acknowledged before acknowledged, then priority, then the newest.
 * Responses without an alarm signal (NONE) are not shown. Pure, for tests. */
export function ordered(alarms) {
  return alarms
    .filter((a) => RANK[a.priority] > 0)
    .sort((a, b) => RANK[b.priority] - RANK[a.priority] || Number(a.acknowledged) - Number(b.acknowledged) || b.since - a.since);
}

/** active, latched (the condition is gone, the operator has not been there) or acked. */
export function standing(alarm) {
  if (!alarm.active) return "latched";
  return alarm.acknowledged ? "acked" : "active";
}

export function mount(app) {
  const box = document.getElementById("banner");
  const mark = h("div", { cls: "b-mark" });
  const title = h("strong", { cls: "b-title" });
  const how = h("span", { cls: "b-how" });
  const since = h("span", { cls: "digits b-since" });
  const count = h("span", { cls: "digits b-count" });
  const what = h("p", {});
  const machine = h("p", {});
  const you = h("p", { cls: "b-you" });
  const lines = h("div", { cls: "b-lines" }, what, machine, you);
  const rest = h("p", { cls: "b-none" }, app.t("banner.none"));
  const live = { HIGH: h("p", { cls: "sr", "aria-live": "assertive" }), other: h("p", { cls: "sr", "aria-live": "polite" }) };
  let at = 0;
  let shown = null;
  let list = [];
  const pauseWords = h("span", { cls: "digits" });
  const audio = actionButton(app, { id: "audio_pause", label: pauseWords, cls: "b-key", icon: h("span", { cls: "b-bell" }) });
  audio.el.addEventListener("click", () => app.look === NOT_LIVE && app.sounds?.pauseOwn());
  const ack = actionButton(app, {
    id: "acknowledge", label: app.t("banner.ack"), cls: "b-key", text: () => shown?.rule ?? "",
    // What is latched is let go by this: its cause is asked for, and it is confirmed.
    why: () => shown !== null && app.by.rules[shown.rule]?.id.startsWith("H17."),
    direct: () => !(app.by.rules[shown?.rule]?.latched ?? true),
  });
  const next = h("button", { type: "button", cls: "b-key b-next", "aria-label": app.t("banner.next"), onclick: () => { at += 1; draw(); } }, count);
  const all = h("button", { type: "button", cls: "b-key b-list", "aria-label": app.t("banner.list"), onclick: () => app.go("alarms") }, icon("list"), h("span", {}, app.t("banner.list")));
  const words = h("div", { cls: "b-words grow" }, h("div", { cls: "row b-head" }, title, how, since), lines);
  const keys = h("div", { cls: "b-keys" }, audio.el, ack.el, all);
  box.replaceChildren(mark, words, rest, next, keys, live.HIGH, live.other);
  let newest = "";

  function draw() {
    if (at >= list.length) at = 0;
    shown = list[at] ?? null;
    const is = shown ? standing(shown) : "";
    box.className = shown ? `p-${shown.priority} is-${is}` : "quiet";
    show(mark, shown);
    show(words, shown);
    show(rest, !shown);
    show(next, list.length > 1);
    show(ack.el, shown);
    if (!shown) return;
    keyed(mark, shown.priority, () => [shape(shown.priority)]);
    const said = app.said(shown);
    text(title, said.title);
    text(how, app.t(`banner.${is}_${shown.priority}`));
    text(since, app.state ? short(seconds(app.state.now - shown.since)) : "");
    text(count, `${at + 1}/${list.length}`);
    text(what, said.what);
    text(machine, `${app.t("banner.machine")} ${said.machine}`);
    text(you, `${app.t("banner.you")} ${said.you}`);
  }

  app.key("a", () => audio.el.click());
  app.key("l", () => app.go("alarms"));
  app.key("k", () => (document.activeElement === ack.el ? ack.el.click() : !ack.el.hidden && ack.el.focus()));
  app.add({
    update(state) {
      if (!state) return;
      const now = ordered(state.alarms ?? []);
      const key = now[0] ? `${now[0].rule} ${now[0].since}` : "";
      if (key !== newest) {
        newest = key;
        at = 0; // a new most urgent alarm is never behind another
        if (now[0]) {
          app.hush();
          const said = app.said(now[0]);
          text(now[0].priority === "HIGH" ? live.HIGH : live.other, `${said.title}. ${said.machine} ${said.you}`);
        }
      }
      list = now;
      draw();
      const left = app.view("audio_pause_s");
      const paused = left.good && left.value > 0;
      text(pauseWords, paused ? app.t("banner.paused", { left: short(Math.ceil(left.value)) }) : app.t("banner.pause"));
      keyed(audio.el.querySelector(".b-bell"), paused ? "off" : "on", () => [icon(paused ? "bellOff" : "bell")]);
      attr(audio.el, "aria-pressed", String(Boolean(paused)));
      cls(box, "silent", paused);
    },
  });
}
