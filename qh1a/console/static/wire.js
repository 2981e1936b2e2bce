// The line to the console's server: states in, posts out, and the watch over both.
//
// Whether a figure may be believed is decided here, by this browser's own clocks, so that it works with the server dead.
// Two clocks are read: one of them may stand still while a laptop sleeps.

/** How a page may be looked at: LIVE, STALE (figures become "--"), NOT_LIVE (the whole page says so). */
export const LIVE = "LIVE";
export const STALE = "STALE";
export const NOT_LIVE = "NOT_LIVE";

/** The watch, without a browser: feed it times in ms, ask it how live the page is.
 *
 * `pulse` is every turn of the timer and every state. A gap between two pulses means that this page slept: what was
 * shown, and what waits in the line, is old. It is believed again when a state of a NEW connection has come. */
export class Watch {
  constructor({ stale_s = 2.0, not_live_s = 3.0 } = {}) {
    this.stale = stale_s * 1000;
    this.dead = not_live_s * 1000;
    this.at = null;
    this.pulsed = null;
    this.seq = null;
    this.lost = true;
  }

  static #age(now, then) {
    return then === null ? Infinity : Math.max(now.mono - then.mono, Math.abs(now.wall - then.wall));
  }

  /** True when the page slept since the last pulse: the caller must connect anew. */
  pulse(now) {
    const slept = this.pulsed !== null && Watch.#age(now, this.pulsed) > this.dead;
    this.pulsed = now;
    if (slept) this.lose();
    return slept;
  }

  /** A state has come. One that is no newer than the last does not count. */
  heard(now, seq) {
    if (seq === this.seq && !this.lost) return;
    this.seq = seq;
    this.at = now;
    this.lost = false;
  }

  /** The controller is gone, or the page slept. */
  lose() {
    this.lost = true;
    this.at = null;
  }

  age(now) {
    return Watch.#age(now, this.at);
  }

  look(now) {
    const age = Math.max(this.age(now), Watch.#age(now, this.pulsed ?? now));
    if (this.lost || age > this.dead) return NOT_LIVE;
    return age > this.stale ? STALE : LIVE;
  }
}

const TURN_MS = 200;
const RETRY_MS = 1000;
const POST_MS = 5000;

const instant = () => ({ mono: performance.now(), wall: Date.now() });

/** A fresh reference for an intent: the server answers the same one again and takes it once. */
export function reference() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** One line to the server. `onState(state)`, `onLook(look, reason)` every turn. */
export class Wire {
  constructor({ figures, token, onState, onLook, onStranger }) {
    this.watch = new Watch(figures);
    this.token = token;
    this.onState = onState;
    this.onLook = onLook;
    this.onStranger = onStranger;
    this.reason = "";
    this.source = null;
  }

  start() {
    this.#connect();
    setInterval(() => this.turn(), TURN_MS);
    for (const name of ["visibilitychange", "resume", "focus"]) document.addEventListener(name, () => this.turn());
    for (const name of ["pageshow", "focus", "online"]) window.addEventListener(name, () => this.turn());
  }

  get look() {
    return this.watch.look(instant());
  }

  get fresh() {
    return this.look === LIVE;
  }

  turn() {
    if (this.watch.pulse(instant())) this.#connect();
    if (this.source?.readyState === EventSource.CLOSED && Date.now() - this.tried > RETRY_MS) {
      this.#connect();
      this.#known();
    }
    this.onLook(this.look, this.reason);
  }

  /** A console that was started again does not know this page: it must be loaded anew. */
  async #known() {
    try {
      const answer = await fetch("/api/hello", { credentials: "same-origin", cache: "no-store" });
      if (answer.status === 401) this.onStranger();
    } catch {
      /* nobody there yet */
    }
  }

  #connect() {
    this.source?.close();
    this.tried = Date.now();
    const source = new EventSource("/api/stream");
    this.source = source;
    source.addEventListener("state", (event) => {
      if (source === this.source) this.#hear(event.data);
    });
    source.addEventListener("lost", (event) => {
      if (source !== this.source) return;
      this.watch.lose();
      try {
        this.reason = String(JSON.parse(event.data).reason ?? "");
      } catch {
        this.reason = "";
      }
      this.onLook(this.look, this.reason);
    });
  }

  #hear(data) {
    const now = instant();
    if (this.watch.pulse(now)) {
      this.#connect();
      this.onLook(this.look, this.reason);
      return;
    }
    let state;
    try {
      state = JSON.parse(data);
    } catch {
      return;
    }
    this.watch.heard(now, state.seq);
    this.reason = "";
    this.onState(state);
  }

  /** Posts JSON. Gives {status, ok, body}; never throws: a line that is dead is {status 0, body {reason: "NO_LINE"}}. */
  async post(path, body = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), POST_MS);
    try {
      const answer = await fetch(path, {
        method: "POST",
        credentials: "same-origin",
        cache: "no-store",
        headers: { "Content-Type": "application/json", "X-QH1A-Token": this.token },
        body: JSON.stringify(body),
        signal: abort.signal,
      });
      let found = {};
      try {
        found = await answer.json();
      } catch {
        found = {};
      }
      return { status: answer.status, ok: answer.ok, body: found };
    } catch {
      return { status: 0, ok: false, body: { reason: "NO_LINE" } };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Gets JSON, or null. */
export async function get(path) {
  try {
    const answer = await fetch(path, { credentials: "same-origin", cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
