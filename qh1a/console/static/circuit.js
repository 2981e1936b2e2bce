// The circuit as a drawing: what is measured beside where it is measured, what moves moving, what is clamped clamped.

import { attr, cls, h, svg, text } from "/static/dom.js";
import { CLAMPS, HEIGHT, JOINTS, LABELS, NAMES, PARTS, PIPES, PLACE, PUMPS, SHOWN_AS, WIDTH, path } from "/static/circuit.svg.js";
import { drawn, unitText } from "/static/strip.js";

const ROW = 24;
const BADGE = 26;
const ARROW_EVERY = 84;
const FRAME_MS = 50; // 20 pictures a second: steady, and little work
/** Units a second by flow (mL/min): three steps that can be told apart. */
const SPEEDS = [[80, 52], [20, 28], [1, 14]];
const MOVING = 1.0;
const UNCERTAIN = 2;
const STEP = 2;

/** Open, closed or unknown: a clamp that travels, whose position is not known or whose command is uncertain. */
export function clampState(app, id) {
  const seen = app.view(`POS_${id}`);
  if (!seen.good || app.view(`DLV_${id}`).value === UNCERTAIN) return "unknown";
  if (seen.value === 1) return "open";
  return seen.value === 0 ? "closed" : "unknown";
}

/** What runs through each line, mL/min by the meters; null where no meter tells. */
export function flows(app) {
  const q = (id) => app.view(id).value;
  const [b, p, c, r] = ["Q_b", "Q_p", "Q_c", "Q_r"].map(q);
  const open = (id) => clampState(app, id) === "open";
  const less = (x, y) => (x === null || y === null ? null : x - y);
  const through = (on, flow) => (on ? flow : null);
  const gases = ["G_O2", "G_air", "G_CO2"].map(q);
  const separated = less(b, p);
  return {
    access: through(open("AC"), b), pumped: b, separated, return: through(open("VC"), less(separated, r === null ? null : -r)),
    filtrate: p, perfusion: c, outlet: c, reactor: through(open("BV"), c), bypass: through(clampState(app, "BV") === "closed", c),
    recirculation: through(open("RC") && !open("WC"), less(c, r)), plasma_return: r,
    waste: through(open("WC") && !open("RC"), less(c, r)),
    saline_blood: through(open("SC") && !open("AC"), b), saline_reservoir: null, heparin: null,
    gas: gases.some((g) => g === null) ? null : gases.reduce((sum, g) => sum + g, 0),
  };
}

const speed = (flow) => SPEEDS.find(([least]) => Math.abs(flow ?? 0) > least)?.[1] * Math.sign(flow ?? 0) || 0;

/** The lines with their arrows: a line knows where its arrows are and how fast they go. */
class Pipe {
  constructor({ id, kind, at }) {
    this.id = id;
    const d = path(at);
    this.line = svg("path", { d, cls: `c-${kind}` });
    this.node = svg("g", {}, svg("path", { d, cls: `c-edge c-edge-${kind}` }), this.line);
    this.arrows = [];
    this.at = 0;
    this.speed = 0;
    this.kind = kind;
  }

  /** The places along the line; only once it is in the page. */
  lay(layer) {
    const length = this.line.getTotalLength();
    this.length = length;
    this.places = [];
    for (let s = 0; s <= length; s += STEP) {
      const here = this.line.getPointAtLength(s);
      const next = this.line.getPointAtLength(Math.min(length, s + 1));
      const back = this.line.getPointAtLength(Math.max(0, s - 1));
      this.places.push([here.x, here.y, (Math.atan2(next.y - back.y, next.x - back.x) * 180) / Math.PI]);
    }
    const count = Math.max(1, Math.round(length / ARROW_EVERY));
    this.every = length / count;
    const d = this.kind === "gas" || this.kind === "saline" ? "M-4 -4 5 0 -4 4z" : "M-6 -6 8 0 -6 6z";
    for (let i = 0; i < count; i += 1) this.arrows.push(svg("path", { d, cls: "c-arrow" }));
    this.group = svg("g", {}, this.arrows);
    layer.append(this.group);
    this.place();
  }

  run(flow) {
    const next = speed(flow);
    if (next === this.speed) return;
    this.speed = next;
    cls(this.group, "on", next !== 0);
    this.place();
  }

  move(seconds) {
    this.at = (this.at + seconds * this.speed + this.length) % this.length;
    this.place();
  }

  place() {
    const turn = this.speed < 0 ? 180 : 0;
    this.arrows.forEach((arrow, i) => {
      const s = (this.at + (i + 0.5) * this.every) % this.length;
      const [x, y, angle] = this.places[Math.min(this.places.length - 1, Math.round(s / STEP))];
      arrow.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${(angle + turn).toFixed(0)})`);
    });
  }
}

/** A roller pump: the rotor turns as its tachometer says. */
class Pump {
  constructor(row, app) {
    this.row = row;
    this.angle = 0;
    this.rpm = 0;
    const wing = (turn) => svg("path", { d: "M0 -13V13M-4 -13h8M-4 13h8", cls: "c-rotor", transform: `rotate(${turn})` });
    this.rotor = svg("g", {}, wing(0), wing(90));
    this.unknown = svg("text", { cls: "c-unknown", y: 7, "text-anchor": "middle" }, "?");
    this.node = svg("g", { transform: `translate(${row.x} ${row.y})` },
      svg("circle", { r: 20, cls: "c-body" }), this.rotor, this.unknown,
      svg("path", { d: "M20 0 13 -5v10z", cls: "c-way", transform: `rotate(${row.turn})` }),
      svg("title", {}, app.words.text("actuator", row.id)));
    this.tag = tag(row.id, ...row.tag);
  }

  update(app) {
    const seen = app.view(this.row.tacho);
    this.rpm = seen.good ? seen.value : 0;
    cls(this.rotor, "c-gone", !seen.good);
    cls(this.unknown, "c-gone", seen.good);
  }

  move(seconds) {
    this.angle = (this.angle + seconds * this.rpm * 6 * (this.row.turn ? -1 : 1)) % 360;
    this.rotor.setAttribute("transform", `rotate(${this.angle.toFixed(1)})`);
  }
}

/** A clamp: two bars; apart where it is open, across where it is closed, a question mark where nobody knows. */
class Clamp {
  constructor(row, app) {
    this.row = row;
    const bars = {
      open: "M-6 -15V-7M6 -15V-7M-6 15V7M6 15V7",
      closed: "M-6 -15V15M6 -15V15",
      unknown: "M-6 -15V-12M6 -15V-12M-6 15V12M6 15V12",
    };
    this.shapes = Object.fromEntries(Object.entries(bars).map(([name, d]) => [name, svg("path", { d, cls: "c-bars c-gone" })]));
    this.block = svg("rect", { x: -6, y: -6, width: 12, height: 12, cls: "c-block c-gone" });
    this.mark = svg("g", { cls: "c-gone" }, svg("rect", { x: -10, y: -12, width: 20, height: 24, rx: 4, cls: "c-mark" }),
      svg("text", { y: 6, "text-anchor": "middle", cls: "c-unknown" }, "?"));
    this.title = svg("title", {});
    const turned = svg("g", row.up ? { transform: "rotate(90)" } : {}, this.block, Object.values(this.shapes));
    this.hit = svg("rect", { x: -16, y: -16, width: 32, height: 32, cls: "c-hit" });
    this.node = svg("g", { transform: `translate(${row.x} ${row.y})` }, this.hit, turned, this.mark, this.title);
    this.tag = tag(row.id, ...row.tag);
    this.app = app;
  }

  update(app) {
    let now = clampState(app, this.row.id);
    const really = now;
    // BV is open to the reactor: on its own line, the bypass, that is closed.
    if (this.row.id === "BV" && now !== "unknown") now = now === "open" ? "closed" : "open";
    for (const [name, node] of Object.entries(this.shapes)) cls(node, "c-gone", name !== now);
    cls(this.block, "c-gone", now !== "closed");
    cls(this.mark, "c-gone", now !== "unknown");
    this.said = app.t(this.row.id === "BV" ? `circuit.bv_${really}` : `circuit.clamp_${really}`);
    text(this.title, `${app.words.text("actuator", this.row.id)}: ${this.said}`);
  }
}

/** Framed figures of one place. */
class Label {
  constructor({ x, y, w, ids, leads }, app) {
    const height = ROW * ids.length;
    this.leads = leads && svg("g", {}, svg("path", { d: path(leads, 0), cls: "c-lead" }),
      svg("circle", { cx: leads[1][0], cy: leads[1][1], r: 2.5, cls: "c-dot" }));
    this.rows = ids.map((id, i) => {
      const box = svg("rect", { x, y: y + i * ROW, width: w, height: ROW, cls: "c-cell" });
      const bad = svg("rect", { x, y: y + i * ROW, width: w, height: ROW, fill: "url(#c-bad)", cls: "c-gone" });
      const value = svg("text", { x: x + w - 6, y: y + i * ROW + 18, "text-anchor": "end", cls: "c-value num" }, "--");
      const badge = svg("g", { cls: "c-gone", transform: `translate(${x + w - 8} ${y + i * ROW - 17})` });
      const title = svg("title", {});
      const node = svg("g", {}, box, bad, svg("text", { x: x + 6, y: y + i * ROW + 18, cls: "c-tag" }, id), value, badge, title);
      return { id, node, box, bad, value, badge, title, name: app.words.text("channel", id) };
    });
    this.node = svg("g", {}, this.rows.map((r) => r.node),
      svg("rect", { x, y, width: w, height, rx: 4, cls: "c-frame" }));
  }

  update(app, alarms) {
    for (const row of this.rows) {
      const seen = app.view(row.id);
      text(row.value, seen.text);
      cls(row.bad, "c-gone", seen.good);
      cls(row.value, "c-off", !seen.good);
      text(row.title, `${row.name}: ${seen.good ? `${seen.text} ${unitText(seen.unit)}` : app.quality(seen.quality)}`);
      const priority = alarms.get(row.id) ?? "";
      if (row.priority !== priority) {
        row.priority = priority;
        attr(row.node, "class", priority ? `c-alarm-${priority}` : null);
        row.badge.replaceChildren(...(priority ? [drawn(priority, BADGE)] : []));
        cls(row.badge, "c-gone", !priority);
      }
    }
  }
}

const tag = (words, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor, cls: "c-tag c-halo" }, words);

const RANK = { LOW: 1, MEDIUM: 2, HIGH: 3 };

/** The alarms by what they are shown at: {parts, labels, elsewhere}; of several the greatest. */
export function placed(app, alarms) {
  const parts = new Map();
  const labels = new Map();
  const elsewhere = [];
  const put = (map, key, priority) => {
    if ((RANK[map.get(key)] ?? 0) < RANK[priority]) map.set(key, priority);
  };
  for (const alarm of alarms) {
    const channel = app.by.rules[alarm.rule]?.channel;
    if (!RANK[alarm.priority]) continue;
    if (["clamp_miss", "clamp_escaped"].includes(channel)) {
      for (const { id } of CLAMPS) if (wrong(app, id)) put(parts, id, alarm.priority);
    }
    if (channel === "N_min") for (const p of PUMPS) if ((app.view(p.tacho).value ?? 0) < 0) put(parts, p.id, alarm.priority);
    if (PLACE[channel]) put(parts, PLACE[channel], alarm.priority);
    const label = SHOWN_AS[channel] ?? channel;
    const shown = LABELS.some((l) => l.ids.includes(label));
    if (shown) put(labels, label, alarm.priority);
    if (!shown && !PLACE[channel]) elsewhere.push(alarm);
  }
  return { parts, labels, elsewhere };
}

const wrong = (app, id) => app.command(id) !== null && app.view(`POS_${id}`).value !== app.command(id);

/** What stands still: vessels, filters, the machine's box. */
function bodies(app) {
  const box = (x, y, width, height, rx = 6) => svg("rect", { x, y, width, height, rx, cls: "c-body" });
  const thin = (d) => svg("path", { d, cls: "c-thin" });
  const title = (key) => svg("title", {}, app.t(`circuit.${key}`));
  const sensor = (x, y, key) => svg("g", {}, svg("rect", { x: x - 14, y: y - 14, width: 28, height: 28, rx: 4, cls: "c-body" }),
    thin(`M${x - 14} ${y - 7}h28M${x - 14} ${y + 7}h28M${x - 5} ${y - 3}v6M${x} ${y - 3}v6M${x + 5} ${y - 3}v6`), title(key));
  const fibres = (x, y, w, hh, every) => {
    const d = [];
    for (let at = x + every; at < x + w - 1; at += every) d.push(`M${at} ${y}V${y + hh}`);
    return thin(d.join(""));
  };
  const bag = (x, y, w, hh) => svg("path", { cls: "c-body", d: `M${x + 6} ${y}h${w - 12}q6 0 6 6v${hh - 18}l-${w / 2 - 4} 12h-8l-${w / 2 - 4} -12v-${hh - 18}q0 -6 6 -6z` });
  return [
    svg("g", { cls: "c-patient" }, box(8, 168, 72, 296, 14), svg("circle", { cx: 44, cy: 248, r: 15, cls: "c-thick" }),
      svg("path", { d: "M22 344v-44q0 -24 22 -24t22 24v44M30 312v78M58 312v78", cls: "c-thick" }), title("patient")),
    svg("g", {}, box(370, 248, 36, 128), fibres(374, 262, 28, 100, 5), thin("M370 258h36M370 366h36"), title("separator")),
    svg("g", {}, box(296, 84, 40, 76, 10), title("chamber")),
    sensor(252, 192, "airv"), sensor(432, 56, "airp"),
    svg("g", {}, box(441, 258, 22, 28, 4), thin("M445 262l14 20M459 262l-14 20"), title("bld")),
    svg("g", {}, box(290, 378, 20, 46, 3), thin("M290 390h20M300 378v-10M292 368h16M296 402h6M296 410h6"), title("heparin")),
    svg("g", {}, bag(444, 404, 48, 56), title("saline")), svg("g", {}, bag(940, 62, 48, 68), title("waste")),
    svg("g", {}, box(708, 420, 48, 40), thin("M714 440h6l5 -12 7 24 7 -24 5 12h6"), title("warmer")),
    svg("g", {}, box(780, 412, 56, 56), thin("M780 468 836 412M786 450l12 -12M800 436l12 -12"), title("oxygenator")),
    svg("g", {}, box(892, 304, 40, 96, 10), fibres(895, 318, 34, 68, 5), thin("M892 314h40M892 390h40"), title("bioreactor")),
    svg("g", {}, svg("path", { d: "M736 56l10 -16h36l10 16 -10 16h-36z", cls: "c-body" }), svg("path", { d: "M764 40v32", cls: "c-thin c-dash" }), title("filter2")),
    svg("g", {}, svg("rect", { x: 818, y: 206, width: 36, height: 20, rx: 2, cls: "c-body" }), thin("M818 206q18 14 36 0M818 226q18 -14 36 0"), title("restrictor")),
    svg("g", {}, svg("rect", { x: 740, y: 204, width: 32, height: 24, rx: 2, cls: "c-body" }), svg("path", { d: "M766 206v20l-18 -10zM747 206v20", cls: "c-valve" }), title("check")),
  ];
}

/** The reservoir on its scale, its level between the limits. */
class Reservoir {
  constructor(app) {
    this.level = svg("rect", { x: 549, width: 62, y: 411, height: 0, cls: "c-level" });
    this.value = svg("text", { x: 580, y: 372, "text-anchor": "middle", cls: "c-value c-halo num" }, "--");
    this.bad = svg("rect", { x: 549, y: 353, width: 62, height: 24, fill: "url(#c-bad)", cls: "c-gone" });
    const mark = (key) => {
      const at = app.limit(key);
      return at === null ? null : svg("path", { d: `M548 ${this.y(at)}h14`, cls: "c-limit" });
    };
    this.node = svg("g", {},
      svg("path", { d: "M548 322v84q0 6 6 6h52q6 0 6 -6v-84", cls: "c-body" }), this.level, svg("path", { d: "M548 322v84q0 6 6 6h52q6 0 6 -6v-84", cls: "c-outline" }),
      mark("w_r_low_g"), mark("w_r_high_g"), svg("path", { d: "M542 414h76", cls: "c-scale" }), this.bad,
      svg("text", { x: 580, y: 350, "text-anchor": "middle", cls: "c-tag c-halo" }, "LVL_r"), this.value,
      svg("title", {}, app.t("circuit.reservoir")));
  }

  y(ml) {
    return 411 - (Math.max(0, Math.min(400, ml)) / 400) * 88;
  }

  update(app) {
    const seen = app.view("LVL_r");
    text(this.value, seen.text);
    cls(this.bad, "c-gone", seen.good);
    const top = seen.good ? this.y(seen.value) : 411;
    attr(this.level, "y", top.toFixed(1));
    attr(this.level, "height", (411 - top).toFixed(1));
  }
}

/** The level of the venous chamber: 0..100 mm, the span of its sensor. */
class Chamber {
  constructor() {
    this.level = svg("rect", { x: 297, width: 38, y: 159, height: 0, cls: "c-level-blood" });
    this.node = svg("g", {}, svg("clipPath", { id: "c-chamber" }, svg("rect", { x: 297, y: 85, width: 38, height: 74, rx: 9 })),
      svg("g", { "clip-path": "url(#c-chamber)" }, this.level));
  }

  update(app) {
    const seen = app.view("LVL_ven");
    const full = seen.good ? Math.min(1, Math.max(0, seen.value / 100)) * 74 : 0;
    attr(this.level, "y", (159 - full).toFixed(1));
    attr(this.level, "height", full.toFixed(1));
  }
}

function patterns() {
  return svg("defs", {},
    svg("pattern", { id: "c-blood", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 8, height: 8, cls: "c-blood-a" }), svg("rect", { width: 3, height: 8, cls: "c-blood-b" })),
    svg("pattern", { id: "c-plasma", width: 8, height: 8, patternUnits: "userSpaceOnUse", x: 0, y: 4 },
      svg("rect", { width: 8, height: 8, cls: "c-plasma-a" }), svg("circle", { cx: 4, cy: 4, r: 2, cls: "c-plasma-b" })),
    svg("pattern", { id: "c-bad", width: 10, height: 10, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 4, height: 10, cls: "c-bad-line" })));
}

function legend(app) {
  const line = (kind, y) => [svg("path", { d: `M12 ${y}h44`, cls: `c-edge c-edge-${kind}` }), svg("path", { d: `M12 ${y}h44`, cls: `c-${kind}` }),
    svg("text", { x: 66, y: y + 6, cls: "c-tag" }, app.t(`circuit.line_${kind}`))];
  const bars = { open: "M-6 -12V-6M6 -12V-6M-6 12V6M6 12V6", closed: "M-6 -12V12M6 -12V12" };
  const clamp = (name, y) => [
    name === "closed" && svg("rect", { x: 106, y: y - 6, width: 12, height: 12, cls: "c-block" }),
    bars[name] ? svg("path", { d: bars[name], cls: "c-bars", transform: `translate(112 ${y})` }) : svg("text", { x: 112, y: y + 6, "text-anchor": "middle", cls: "c-unknown" }, "?"),
    svg("text", { x: 130, y: y + 6, cls: "c-tag" }, app.t(`circuit.clamp_${name}`))];
  return svg("g", {}, ["blood", "plasma", "saline", "gas"].map((kind, i) => line(kind, 18 + i * 26)),
    svg("text", { x: 12, y: 128, cls: "c-tag" }, app.t("circuit.units")),
    ["open", "closed", "unknown"].map((name, i) => clamp(name, 246 + i * 28)));
}

/** The frame and the word of a part in alarm. */
class Frames {
  constructor(app) {
    this.app = app;
    this.node = svg("g", {});
    this.shown = "";
  }

  update(parts) {
    const key = [...parts].map(([id, p]) => `${id}:${p}`).sort().join(" ");
    if (key === this.shown) return;
    this.shown = key;
    this.node.replaceChildren(...[...parts].map(([id, priority]) => this.#frame(id, priority)));
  }

  #frame(id, priority) {
    const clamp = CLAMPS.find((c) => c.id === id);
    const { box, chip } = clamp ? { box: [clamp.x - 20, clamp.y - 20, 40, 40], chip: null } : PARTS[id];
    const [x, y, width, height] = box;
    const said = this.app.words.text("priority", priority);
    const wide = 40 + [...said].reduce((sum, c) => sum + (c > "\u2e80" ? 17 : 11.5), 0);
    const word = chip && [
      svg("rect", { x: chip[0], y: chip[1], width: wide, height: 26, rx: 4, cls: `c-chip-${priority}` }),
      svg("g", { cls: `c-chip p-${priority}`, transform: `translate(${chip[0] + 3} ${chip[1]})` }, drawn(priority, BADGE)),
      svg("text", { x: chip[0] + 34, y: chip[1] + 19, cls: `c-chip-text-${priority}` }, said)];
    return svg("g", {}, svg("rect", { x, y, width, height, rx: 8, cls: `c-outline-${priority}` }), word,
      !chip && svg("g", { transform: `translate(${x + width - 12} ${y - 12})` }, drawn(priority, BADGE)));
  }
}

/** The same as the drawing, in words. */
class Listing {
  constructor() {
    this.items = new Map();
    this.node = h("ul", { cls: "sr" });
    this.at = 0;
  }

  update(app, pumps, clamps, pipes, alarms) {
    if (Date.now() - this.at < 1000) return;
    this.at = Date.now();
    const running = flows(app);
    for (const { row, rpm } of pumps) {
      const seen = app.view(row.tacho);
      const how = !seen.good ? "unknown" : Math.abs(rpm) > 0.3 ? "turns" : "stands";
      this.#say(row.id, app.t(`circuit.pump_${how}`, { name: app.words.text("actuator", row.id), rpm: seen.text, flow: app.view(row.flow).text }));
    }
    for (const { row, said } of clamps) this.#say(row.id, `${app.words.text("actuator", row.id)}: ${said}`);
    for (const { id } of pipes) this.#say(`line ${id}`, app.t(Math.abs(running[id] ?? 0) > MOVING ? "circuit.line_runs" : "circuit.line_still", { name: app.t(`circuit.pipe_${id}`) }));
    for (const id of [...LABELS.flatMap((l) => l.ids), "LVL_r"]) {
      const seen = app.view(id);
      this.#say(id, `${app.words.text("channel", id)}: ${seen.good ? `${seen.text} ${unitText(seen.unit)}` : app.quality(seen.quality)}`);
    }
    this.#say("patient", app.t(app.session().connected ? "circuit.patient_connected" : "circuit.patient_apart"));
    this.#say("alarms", alarms.length ? alarms.map((a) => `${app.words.text("priority", a.priority)}: ${app.rule(a.rule).title}`).join("; ") : app.t("circuit.no_alarm"));
  }

  #say(id, words) {
    let item = this.items.get(id);
    if (!item) {
      item = h("li", {});
      this.items.set(id, item);
      this.node.append(item);
    }
    text(item, words);
  }
}

class Drawing {
  constructor(root, app) {
    this.root = root;
    this.pipes = PIPES.map((row) => new Pipe(row));
    this.pumps = PUMPS.map((row) => new Pump(row, app));
    this.clamps = CLAMPS.map((row) => new Clamp(row, app));
    this.labels = LABELS.map((row) => new Label(row, app));
    this.vessels = [new Reservoir(app), new Chamber()];
    this.frames = new Frames(app);
    this.listing = new Listing();
    this.others = svg("g", {});
    this.off = svg("text", { x: 44, y: 446, "text-anchor": "middle", cls: "c-tag c-halo" }, app.t("circuit.patient_off"));
    const arrows = svg("g", {});
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, cls: "circuit", role: "img", "aria-label": app.t("circuit.title") },
      patterns(), legend(app), this.labels.map((l) => l.leads), this.pipes.map((p) => p.node),
      JOINTS.map(([cx, cy, kind]) => svg("circle", { cx, cy, r: kind === "saline" ? 4 : 6, cls: `c-joint c-joint-${kind}` })),
      arrows, bodies(app), this.vessels.map((v) => v.node), this.pumps.map((p) => [p.node, p.tag]),
      this.clamps.map((c) => [c.node, c.tag]),
      NAMES.map(([key, x, y, anchor]) => svg("text", { x, y, "text-anchor": anchor, cls: "c-name c-halo" }, app.t(`circuit.${key}`))),
      this.off, this.frames.node, this.labels.map((l) => l.node), this.others);
    root.append(picture, this.listing.node);
    this.patient = picture.querySelector(".c-patient");
    for (const pipe of this.pipes) pipe.lay(arrows);
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.turning = false;
    this.last = 0;
  }

  update(state, app) {
    const { parts, labels, elsewhere } = placed(app, state.alarms ?? []);
    const running = flows(app);
    for (const pipe of this.pipes) pipe.run(running[pipe.id]);
    for (const part of [...this.pumps, ...this.clamps, ...this.vessels]) part.update(app);
    for (const label of this.labels) label.update(app, labels);
    const connected = Boolean(state.session?.connected);
    cls(this.patient, "c-apart", !connected);
    cls(this.off, "c-gone", connected);
    this.frames.update(parts);
    this.#others(app, elsewhere);
    this.listing.update(app, this.pumps, this.clamps, this.pipes, (state.alarms ?? []).filter((a) => RANK[a.priority]));
    if (!this.turning && this.#moves()) {
      this.turning = true;
      requestAnimationFrame((now) => this.#turn(now));
    }
  }

  #others(app, alarms) {
    const key = alarms.map((a) => a.rule).join();
    if (key === this.elsewhere) return;
    this.elsewhere = key;
    this.others.replaceChildren(...alarms.slice(0, 2).flatMap((a, i) => [
      svg("g", { transform: `translate(424 ${140 + i * 27})` }, drawn(a.priority, BADGE)),
      svg("text", { x: 456, y: 159 + i * 27, cls: "c-name c-halo" }, `${app.words.text("priority", a.priority)} · ${app.rule(a.rule).title}`)]));
  }

  #moves() {
    return !this.root.hidden && !this.still.matches && (this.pipes.some((p) => p.speed) || this.pumps.some((p) => p.rpm));
  }

  #turn(now) {
    if (!this.#moves()) {
      this.turning = false;
      this.last = 0;
      return;
    }
    const passed = this.last ? now - this.last : FRAME_MS;
    if (passed >= FRAME_MS) {
      this.last = now;
      const seconds = Math.min(passed, 250) / 1000;
      for (const pipe of this.pipes) if (pipe.speed) pipe.move(seconds);
      for (const pump of this.pumps) if (pump.rpm) pump.move(seconds);
    }
    requestAnimationFrame((next) => this.#turn(next));
  }
}

let drawing = null;

export const page = {
  id: "circuit",
  mount(root, app) {
    root.classList.add("page-circuit");
    drawing = new Drawing(root, app);
  },
  update(state, app) {
    drawing.update(state, app);
  },
};
