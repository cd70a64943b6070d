// The captions as a list, in which the current one is highlighted.
import { clock } from "./format.js";

export class CaptionList {
  #list;
  #onChoose;
  #captions = [];
  #current = -1;

  /** `onChoose(caption)` is called when a caption is clicked. */
  constructor(list, onChoose) {
    [this.#list, this.#onChoose] = [list, onChoose];
  }

  get length() {
    return this.#captions.length;
  }

  /** Empties the list; `placeholder` is shown until the first caption. */
  clear(placeholder) {
    this.#list.replaceChildren();
    this.#list.lang = "en";
    this.#list.dataset.empty = placeholder;
    [this.#captions, this.#current] = [[], -1];
  }

  add(caption) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "caption";
    button.append(timesOf(caption), textOf(caption));
    button.onclick = () => this.#onChoose(caption);
    this.#append(button);
    this.#captions.push(caption);
  }

  /** Adds a note about a span of a stream without a caption. */
  addSkipped({ start_s, end_s }) {
    const note = document.createElement("p");
    note.className = "skipped";
    note.textContent = `${clock(start_s)} to ${clock(end_s)} was skipped because captioning fell behind.`;
    this.#append(note);
  }

  #append(child) {
    const item = document.createElement("li");
    item.append(child);
    this.#list.append(item);
  }

  /** Replaces the texts by those of `captions`, which are the same ones in `language`. */
  translate(captions, language) {
    this.#list.lang = language;
    this.#list.querySelectorAll(".words").forEach((words, i) => {
      words.textContent = captions[i]?.text ?? words.textContent;
    });
  }

  /** Highlights the caption at this time and returns it. */
  highlight(seconds, scroll) {
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

function timesOf({ start_s, end_s }) {
  const time = document.createElement("time");
  time.textContent = `${clock(start_s)}–${clock(end_s)}`;
  time.dateTime = `PT${start_s}S`;
  return time;
}

function textOf({ text }) {
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = text;
  return words;
}
