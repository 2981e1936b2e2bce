// Words: the console's own by page and key, the core's by kind and id. No visible text stands in a module.

const PLACE = /\{(\w+)\}/g;

function filled(phrase, params) {
  return phrase.replace(PLACE, (whole, name) => (params && name in params ? String(params[name]) : whole));
}

/** `words`: {page: {key: phrase}}; `texts`: {kind: {id: phrase or {..}}}. */
export class Words {
  constructor(words, texts) {
    this.words = words ?? {};
    this.texts = texts ?? {};
  }

  /** The phrase "page.key" with its {places} filled; the key itself where there is none, so that it is seen. */
  t(key, params) {
    const dot = key.indexOf(".");
    const phrase = this.words[key.slice(0, dot)]?.[key.slice(dot + 1)];
    return typeof phrase === "string" ? filled(phrase, params) : key;
  }

  /** Whether there is such a phrase. */
  has(key) {
    const dot = key.indexOf(".");
    return typeof this.words[key.slice(0, dot)]?.[key.slice(dot + 1)] === "string";
  }

  /** What the core says: `text("refusal", "NOT_NOW")`; the id itself where there is none. */
  text(kind, id) {
    const found = this.texts[kind]?.[id];
    return typeof found === "string" ? found : String(id ?? "");
  }

  /** Why the core or the console says no, in the page's language; what came with it where that has no words. */
  refusal({ reason, text }) {
    const own = this.words.reason?.[reason];
    return this.texts.refusal?.[reason] ?? own ?? text ?? String(reason ?? "");
  }

  /** The four phrases of a rule; its id as the title where there are none. */
  rule(id) {
    return this.texts.rule?.[id] ?? { title: id, what: "", machine: "", you: "" };
  }
}
