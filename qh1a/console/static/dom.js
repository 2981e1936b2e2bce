// The only place that makes elements. Text goes in as textContent, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attrs, children) {
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

/** An element: `h("p", {cls: "muted", onclick: f, "--x": 3}, "text", child, [more])`. Null and false attributes and
 * children are left out. */
export function h(tag, attrs, ...children) {
  return fill(document.createElement(tag), attrs, children);
}

/** The same for SVG. */
export function svg(tag, attrs, ...children) {
  return fill(document.createElementNS(SVG, tag), attrs, children);
}

/** Sets the text where it differs: nothing moves, and a screen reader hears only what is new. */
export function text(node, words) {
  const now = words === null || words === undefined ? "" : String(words);
  if (node.textContent !== now) node.textContent = now;
}

/** A class on or off. */
export function cls(node, name, on) {
  if (node.classList.contains(name) !== Boolean(on)) node.classList.toggle(name, Boolean(on));
}

/** An attribute where it differs; null or false takes it away, true is the empty one. */
export function attr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const now = value === true ? "" : String(value);
  if (node.getAttribute(name) !== now) node.setAttribute(name, now);
}

/** A custom property where it differs: the way to move a bar without a style attribute. */
export function prop(node, name, value) {
  if (node.style.getPropertyValue(name) !== String(value)) node.style.setProperty(name, String(value));
}

/** Shown or not. */
export function show(node, on) {
  if (node.hidden === Boolean(on)) node.hidden = !on;
}

/** The children of a node, replaced only when `key` is another than the last time. */
export function keyed(node, key, make) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...make());
}

const SHAPES = {
  HIGH: ["M8 2h8l6 6v8l-6 6H8l-6-6V8z", "!!!"],
  MEDIUM: ["M12 2 23 21H1z", "!!"],
  LOW: ["M12 2a10 10 0 1 0 .01 0z", "!"],
};

/** The shape of a priority (octagon, triangle, circle) with its marks; for others an empty frame. */
export function shape(priority) {
  const [path, marks] = SHAPES[priority] ?? ["M4 4h16v16H4z", ""];
  return svg(
    "svg",
    { viewBox: "0 0 24 24", cls: `shape shape-${priority}`, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: path }),
    svg("text", { x: 12, y: priority === "MEDIUM" ? 18.5 : 16.2, "text-anchor": "middle" }, marks),
  );
}

const ICONS = {
  bell: "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0",
  bellOff: "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0M3 2l18 20M21 2 3 22",
  list: "M4 6h16M4 12h16M4 18h16",
  check: "M4 12l6 6L20 6",
  back: "M21 5H8l-6 7 6 7h13zM11 9l6 6m0-6l-6 6",
  lock: "M6 11h12v10H6zM8 11V7a4 4 0 0 1 8 0v4",
};

/** A line drawing by name: bell, bellOff, list, check, back, lock. */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", cls: "icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: ICONS[name] }),
  );
}
