// The captions as a list, with the one that is heard lit.
import { clock } from "./time.js";

export class Reading {
  #list;
  #onChoose;
  #captions = [];
  #current = -1;

  /** `onChoose(caption)` is called when a caption is clicked. */
  constructor(list, onChoose) {
    [this.#list, this.#onChoose] = [list, onChoose];
  }

  get captions() {
    return this.#captions;
  }

  /** Empties the list; `empty` stands there until the first caption. */
  clear(empty) {
    this.#list.replaceChildren();
    this.#list.dataset.empty = empty;
    [this.#captions, this.#current] = [[], -1];
  }

  add(caption) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "caption";
    button.append(spanOf(caption), wordsOf(caption));
    button.onclick = () => this.#onChoose(caption);
    this.#append(button);
    this.#captions.push(caption);
  }

  /** Says that a stretch of a stream has no caption. */
  addSkipped({ start_s, end_s }) {
    const note = document.createElement("p");
    note.className = "skipped";
    note.textContent = `${clock(start_s)} to ${clock(end_s)} was skipped, as captioning was behind.`;
    this.#append(note);
  }

  #append(child) {
    const item = document.createElement("li");
    item.append(child);
    this.#list.append(item);
  }

  /** Lights the caption of this time and gives it. */
  light(seconds, scroll) {
    let index = this.#captions.findLastIndex(({ start_s }) => start_s <= seconds);
    if (index >= 0 && seconds >= this.#captions[index].end_s) index = -1;
    if (index !== this.#current) {
      const buttons = this.#list.querySelectorAll(".caption");
      buttons[this.#current]?.removeAttribute("aria-current");
      buttons[index]?.setAttribute("aria-current", "true");
      if (scroll) buttons[index]?.scrollIntoView({ block: "nearest" });
      this.#current = index;
    }
    return this.#captions[index];
  }
}

function spanOf({ start_s, end_s }) {
  const time = document.createElement("time");
  time.textContent = `${clock(start_s)}–${clock(end_s)}`;
  time.dateTime = `PT${start_s}S`;
  return time;
}

function wordsOf({ text }) {
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = text;
  return words;
}
