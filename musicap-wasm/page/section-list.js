// The sections of a recording as buttons, of which the current one is highlighted.
import { clock } from "./format.js";

export class SectionList {
  #list;
  #onChoose;
  #sections = [];

  /** `onChoose(section)` is called when a section is clicked. */
  constructor(list, onChoose) {
    [this.#list, this.#onChoose] = [list, onChoose];
  }

  /** Shows these sections; a single one is the whole and not shown. */
  show(sections = [], language = "en") {
    this.#sections = sections.length > 1 ? sections : [];
    this.#list.hidden = !this.#sections.length;
    this.#list.lang = language;
    this.#list.replaceChildren(...this.#sections.map((section) => this.#item(section)));
  }

  #item(section) {
    const [item, button, time] = ["li", "button", "time"].map((name) => document.createElement(name));
    button.type = "button";
    button.onclick = () => this.#onChoose(section);
    time.textContent = clock(section.start_s);
    time.dateTime = `PT${section.start_s}S`;
    button.append(time, section.title);
    item.append(button);
    return item;
  }

  /** Highlights the section at this time. */
  highlight(seconds) {
    const current = this.#sections.findIndex(({ start_s, end_s }) => start_s <= seconds && seconds < end_s);
    this.#list.querySelectorAll("button").forEach((button, i) => {
      if (i === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }
}
