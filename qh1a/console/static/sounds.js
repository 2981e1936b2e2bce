// The alarm sounds of this browser. What sounds is the core's word (channel sound: 0 none .. 3 HIGH; an audio pause is
// its silence); this module only plays it.

import { cls, h, show } from "./dom.js";
import { NOT_LIVE } from "./wire.js";

/** Silence from the end of a burst to the next, s: qh1a/sounds BURSTS (clinical reference 3.3). */
export const REPEAT_S = { HIGH: 4.0, MEDIUM: 7.5, LOW: 20.0 };
const BY_CODE = [null, "LOW", "MEDIUM", "HIGH"];
/** A console that does not follow the device is a technical alarm: somebody must go and look. */
const NOT_LIVE_CODE = 2;
const OWN_PAUSE_MS = 120000;
const LEAD_S = 0.02;

/** Which priority must sound. A page that is NOT LIVE keeps what it last heard and is at least MEDIUM. */
export function wanted(code, { notLive = false, over = false, ownPause = false } = {}) {
  if (notLive && !over) return ownPause ? null : BY_CODE[Math.max(code ?? 0, NOT_LIVE_CODE)];
  return over ? null : (BY_CODE[code ?? 0] ?? null);
}

/** When the next burst begins, ms: at once for another priority, else after the burst and its silence. */
export function next(priority, last, nowMs) {
  if (priority === null) return Infinity;
  if (!last || last.priority !== priority) return nowMs;
  return last.at + (last.length_s + REPEAT_S[priority]) * 1000;
}

class Sounds {
  constructor(app) {
    this.app = app;
    this.buffers = {};
    this.last = null;
    this.playing = null;
    this.code = 0;
    this.pausedUntil = 0;
    this.context = null;
  }

  get running() {
    return this.context?.state === "running";
  }

  async #load() {
    for (const name of Object.keys(REPEAT_S)) {
      try {
        const answer = await fetch(`/sounds/${name.toLowerCase()}.wav`);
        this.buffers[name] = await this.context.decodeAudioData(await answer.arrayBuffer());
      } catch (error) {
        console.error("no sound", name, error);
      }
    }
  }

  async wake() {
    if (!this.context) {
      this.context = new AudioContext();
      this.context.addEventListener("statechange", () => this.turn());
      this.#load();
    }
    try {
      await this.context.resume();
    } catch {
      /* stays suspended: the bar stays */
    }
    this.turn();
  }

  /** Plays one burst, for the self-test. */
  test(priority) {
    this.#play(priority);
  }

  #play(priority) {
    const buffer = this.buffers[priority];
    if (!buffer || !this.running) return;
    this.playing?.stop();
    this.playing = this.context.createBufferSource();
    this.playing.buffer = buffer;
    this.playing.connect(this.context.destination);
    this.playing.start(this.context.currentTime + LEAD_S);
    this.last = { priority, at: Date.now(), length_s: buffer.duration };
  }

  /** The person's pause of a page that is not live: the core cannot be asked. */
  pauseOwn() {
    this.pausedUntil = Date.now() + OWN_PAUSE_MS;
    this.turn();
  }

  turn() {
    const seen = this.app.view("sound");
    if (seen.good) this.code = seen.value;
    const over = this.app.state?.session?.state === "ENDED";
    const notLive = this.app.look === NOT_LIVE;
    if (!notLive) this.pausedUntil = 0;
    const priority = wanted(this.code, { notLive, over, ownPause: Date.now() < this.pausedUntil });
    if (priority === null) {
      this.playing?.stop();
      this.playing = null;
      this.last = null;
    } else if (Date.now() >= next(priority, this.last, Date.now())) {
      this.#play(priority);
    }
    show(this.bar, !this.running);
    cls(document.body, "mute", !this.running);
  }
}

export function mount(app) {
  const sounds = new Sounds(app);
  app.sounds = sounds;
  sounds.bar = document.getElementById("sound");
  sounds.bar.append(h("button", { type: "button", onclick: () => sounds.wake() }, app.t("frame.sound")));
  sounds.wake();
  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, () => !sounds.running && sounds.wake());
  }
  setInterval(() => sounds.turn(), 250);
  app.add({ update: () => sounds.turn() });
}
