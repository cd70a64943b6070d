// Playback, with the spectrogram as the control of the position.
import { clock } from "./format.js";

/** Seconds that the arrow keys and the page keys move by. */
const STEP_S = 5;
const PAGE_S = 30;

export class Player {
  #audio;
  #view;
  #url;
  #length = 0;
  #onMove;

  /** `onMove(seconds)` is called whenever the position changes; `onUnplayable()` when the browser
   * cannot play the format. */
  constructor({ audio, button, picture, playhead, now, length, onMove, onUnplayable }) {
    this.#audio = audio;
    this.#view = { button, picture, playhead, now, length };
    this.#onMove = onMove;
    button.onclick = () => this.toggle();
    audio.onplay = () => this.#follow();
    audio.onpause = audio.onseeked = audio.onended = () => this.#show();
    audio.onloadedmetadata = () => Number.isFinite(audio.duration) && this.setLength(audio.duration);
    audio.onerror = () => {
      if (!this.#url) return;
      button.disabled = true;
      onUnplayable();
    };
    picture.onpointerdown = (event) => this.#grab(event);
    picture.onkeydown = (event) => this.#key(event);
  }

  /** Loads a recording; without `blob` none. */
  load(blob) {
    this.#audio.pause();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = blob && URL.createObjectURL(blob);
    if (blob) this.#audio.src = this.#url;
    else this.#audio.removeAttribute("src");
    this.#length = 0;
    this.#view.button.disabled = !blob;
    this.setLength(0);
  }

  setLength(seconds) {
    this.#length = seconds;
    this.#view.length.textContent = clock(seconds);
    this.#view.picture.ariaValueMax = String(Math.round(seconds));
    this.#show();
  }

  get playing() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  toggle() {
    if (this.#view.button.disabled) return;
    if (this.playing) this.#audio.pause();
    else this.#audio.play().catch(() => {});
  }

  playFrom(seconds) {
    this.seek(seconds);
    if (!this.#view.button.disabled) this.#audio.play().catch(() => {});
  }

  seek(seconds) {
    this.#audio.currentTime = Math.min(Math.max(0, seconds), this.#length);
    this.#show();
  }

  #follow() {
    this.#show();
    if (this.playing) requestAnimationFrame(() => this.#follow());
  }

  #show() {
    const { button, picture, playhead, now } = this.#view;
    const at = this.#audio.currentTime || 0;
    button.classList.toggle("playing", this.playing);
    button.ariaLabel = this.playing ? "Pause" : "Play";
    now.textContent = clock(Math.floor(at));
    playhead.style.left = `${this.#length ? (at / this.#length) * 100 : 0}%`;
    picture.ariaValueNow = String(Math.round(at));
    picture.ariaValueText = `${clock(at)} of ${clock(this.#length)}`;
    this.#onMove(at);
  }

  #grab(event) {
    if (event.button !== 0) return;
    const { picture } = this.#view;
    const move = ({ clientX }) => {
      const { left, width } = picture.getBoundingClientRect();
      this.seek(((clientX - left) / width) * this.#length);
    };
    move(event);
    picture.setPointerCapture(event.pointerId);
    picture.onpointermove = move;
    picture.onpointerup = picture.onpointercancel = () => (picture.onpointermove = null);
  }

  #key(event) {
    const at = this.#audio.currentTime;
    const places = {
      ArrowLeft: at - STEP_S,
      ArrowDown: at - STEP_S,
      ArrowRight: at + STEP_S,
      ArrowUp: at + STEP_S,
      PageDown: at - PAGE_S,
      PageUp: at + PAGE_S,
      Home: 0,
      End: this.#length,
    };
    if (event.key in places) this.seek(places[event.key]);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }
}
