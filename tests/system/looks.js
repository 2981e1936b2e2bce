// What is wrong with how a page looks, measured on the page: texts on one another, cut off or too small, controls too
// small or too near. Gives a list of sentences, empty when there is nothing.
() => {
  const LEAST_PX = 16, CONTROL = 48, APART = 8, SLACK = 1.5;
  const said = [];
  const name = (el) => `${el.tagName.toLowerCase()}${el.id ? `#${el.id}` : ""}${el.className?.baseVal === undefined && el.className ? `.${String(el.className).trim().replaceAll(/\s+/g, ".")}` : ""}`;
  const of = (node) => (node instanceof Element ? node : node.parentElement);
  const view = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const scrolls = (style) => /auto|scroll/.test(style.overflowX + style.overflowY);
  const cuts = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);

  /** What of a box can be seen: inside everything that scrolls around it; `cut` when something that does not scroll cuts it. */
  function seen(el, box) {
    let { left, top, right, bottom } = box;
    let cut = null;
    for (let at = el; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === "contents") continue;
      if (!scrolls(style) && !cuts(style)) continue;
      const r = at.getBoundingClientRect();
      const outside = left < r.left - SLACK || top < r.top - SLACK || right > r.right + SLACK || bottom > r.bottom + SLACK;
      if (outside && scrolls(style)) {
        left = Math.max(left, r.left); top = Math.max(top, r.top); right = Math.min(right, r.right); bottom = Math.min(bottom, r.bottom);
        if (right - left < 2 || bottom - top < 2) return null;
        return { left, top, right, bottom, cut: null, scrolled: true };
      }
      if (outside && !cut) cut = at;
    }
    if (!cut && (left < view.left - SLACK || top < view.top - SLACK || right > view.right + SLACK || bottom > view.bottom + SLACK)) cut = document.body;
    return { left, top, right, bottom, cut };
  }
  const there = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const hiddenFromSight = (el) => {
    const r = el.getBoundingClientRect();
    return r.width <= 2 || r.height <= 2 || el.closest(".sr, .sr-only, .visually-hidden, #deadman, .js-plotly-plot") !== null;
  };

  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = of(node);
    if (!node.data.trim() || !there(el) || hiddenFromSight(el)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const small = parseFloat(getComputedStyle(el).fontSize);
    if (!el.closest("svg") && small < LEAST_PX) said.push(`${name(el)}: text of ${small} px: ${node.data.trim().slice(0, 30)}`);
    for (const r of range.getClientRects()) {
      if (r.width < 2 || r.height < 2) continue;
      const box = seen(el, r);
      if (!box) continue;
      const clamped = el.closest("[title]") && getComputedStyle(el).webkitLineClamp !== "none";
      if (box.cut && !clamped) said.push(`${name(el)}: cut by ${name(box.cut)}: ${node.data.trim().slice(0, 40)}`);
      // A line box is higher than its letters: a quarter off, above and below.
      const quarter = r.height / 4;
      texts.push({ el, words: node.data.trim().slice(0, 30), left: box.left, right: box.right, top: r.top + quarter, bottom: r.bottom - quarter });
    }
    const style = getComputedStyle(el);
    if (style.textOverflow === "ellipsis" && el.scrollWidth > el.clientWidth + 1) said.push(`${name(el)}: shortened: ${node.data.trim().slice(0, 40)}`);
  }
  const top = (t) => {
    const at = document.elementFromPoint((t.left + t.right) / 2, (t.top + t.bottom) / 2);
    return at === null || t.el.contains(at) || at.contains(t.el) || getComputedStyle(at).pointerEvents === "none";
  };
  const shown = texts.filter(top);
  for (let i = 0; i < shown.length; i += 1) {
    for (let j = i + 1; j < shown.length; j += 1) {
      const a = shown[i], b = shown[j];
      if (a.el === b.el) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 2) said.push(`"${a.words}" on "${b.words}" by ${wide.toFixed(0)}x${high.toFixed(0)} px`);
    }
  }

  const controls = [...document.querySelectorAll("button, input, select, textarea, a[href], [role=button], [role=tab], summary")]
    .filter((el) => there(el) && !hiddenFromSight(el) && !el.closest(".js-plotly-plot"))
    .map((el) => ({ el, box: seen(el, el.getBoundingClientRect()) }))
    .filter(({ box }) => box && !box.scrolled);
  for (const { el } of controls) {
    const r = el.getBoundingClientRect();
    if (r.width < CONTROL - 0.5 || r.height < CONTROL - 0.5) said.push(`${name(el)}: ${r.width.toFixed(0)}x${r.height.toFixed(0)} px: ${el.textContent.trim().slice(0, 20)}`);
  }
  for (let i = 0; i < controls.length; i += 1) {
    for (let j = i + 1; j < controls.length; j += 1) {
      const a = controls[i].box, b = controls[j].box;
      if (controls[i].el.contains(controls[j].el) || controls[j].el.contains(controls[i].el)) continue;
      const dx = Math.max(a.left - b.right, b.left - a.right, 0);
      const dy = Math.max(a.top - b.bottom, b.top - a.bottom, 0);
      if (Math.hypot(dx, dy) < APART - 0.5) said.push(`${name(controls[i].el)} and ${name(controls[j].el)} are ${Math.hypot(dx, dy).toFixed(1)} px apart`);
    }
  }
  return [...new Set(said)];
}
