// What the device says of itself, all of it, to be read and never changed.

import { attr, cls, h, text } from "/static/dom.js";
import { DASHES, DELIVERIES, fixed, seconds } from "/static/figures.js";
import { unitText } from "/static/strip.js";

const CLAMP_UNIT = "open";

function facts(app) {
  const chain = () => app.state?.chain;
  return [
    ["plant", () => app.t(`service.plant_${app.hello.plant}`)],
    ["version", () => app.hello.version],
    ["config", () => app.hello.config],
    ["seed", () => app.hello.seed],
    ["session_file", () => app.hello.session_file],
    ["chain_n", () => chain()?.n],
    ["chain_head", () => chain()?.head],
    ["late_ticks", () => app.state?.late_ticks],
    ["speed", () => (app.state && app.state.speed === null ? app.t("service.speed_max") : app.state?.speed && app.t("service.speed_times", { n: app.state.speed }))],
    ["seq", () => app.state?.seq],
    ["now", () => app.state && fixed(seconds(app.state.now), 1)],
    ["label", () => app.state?.label],
    ["missed", () => app.state?.missed],
    ["link", () => app.t(app.fresh ? "service.link_live" : "service.link_old")],
  ];
}

function table(app, columns, rows) {
  return h("table", {}, h("thead", {}, h("tr", {}, columns.map(([key, right]) => h("th", { scope: "col", cls: right ? "num" : null }, app.t(`service.${key}`))))), h("tbody", {}, rows));
}

let parts = null;

export const page = {
  id: "service",
  mount(root, app) {
    root.classList.add("page-service");
    const list = facts(app).map(([key, said]) => ({ said, value: h("dd", { cls: "num" }) , key }));
    const channels = app.tables.channels.map((row) => {
      const value = h("td", { cls: "num" });
      const quality = h("td", {});
      const tr = h("tr", {}, h("th", { scope: "row" }, row.id), h("td", {}, app.words.text("channel", row.id)), value, h("td", {}, unitText(row.unit)), quality,
        h("td", { cls: "num" }, row.derived ? app.t("service.derived") : app.t("service.seconds", { s: fixed(row.stale_s, 1) })));
      return { row, value, quality, tr };
    });
    const actuators = app.tables.actuators.map((row) => {
      const [command, delivery] = [h("td", { cls: "num" }), h("td", {})];
      const tr = h("tr", {}, h("th", { scope: "row" }, row.id), h("td", {}, app.words.text("actuator", row.id)), command, h("td", {}, row.unit === CLAMP_UNIT ? "" : unitText(row.unit)), delivery);
      return { row, command, delivery, tr };
    });
    root.append(
      h("div", { cls: "service-side" },
        h("h2", {}, app.t("service.title")), h("p", { cls: "muted" }, app.t("service.read_only")),
        h("dl", { cls: "facts panel", tabindex: "0" }, list.map((f) => [h("dt", { cls: "label" }, app.t(`service.${f.key}`)), f.value])),
        h("h2", {}, app.t("service.actuators")),
        h("div", { cls: "table-box", tabindex: "0", role: "region", "aria-label": app.t("service.actuators") },
          table(app, [["id"], ["name"], ["command", true], ["unit"], ["delivery"]], actuators.map((a) => a.tr)))),
      h("div", { cls: "service-main" }, h("h2", {}, app.t("service.channels")),
        h("div", { cls: "table-box", tabindex: "0", role: "region", "aria-label": app.t("service.channels") },
          table(app, [["id"], ["name"], ["value", true], ["unit"], ["quality"], ["age", true]], channels.map((c) => c.tr)))));
    parts = { list, channels, actuators };
  },
  update(state, app) {
    for (const f of parts.list) {
      const said = f.said();
      text(f.value, said === null || said === undefined || said === "" ? DASHES : said);
    }
    for (const c of parts.channels) {
      const seen = app.figure(c.value, c.row.id);
      text(c.quality, app.quality(seen.quality));
      cls(c.tr, "off", seen.quality === "NOT_FITTED");
    }
    for (const a of parts.actuators) {
      const command = app.command(a.row.id);
      text(a.command, command === null ? DASHES : a.row.unit === CLAMP_UNIT ? app.t(`service.clamp_${command ? 1 : 0}`) : fixed(command, 1));
      const code = app.view(`DLV_${a.row.id}`);
      text(a.delivery, code.good ? app.t(`service.delivery_${DELIVERIES[code.value]}`) : app.quality(code.quality));
      cls(a.delivery, "doubt", !code.good || code.value !== 0);
      attr(a.delivery, "title", code.good ? null : app.quality(code.quality));
    }
  },
};
