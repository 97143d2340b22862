// Dark mode, which this browser remembers; the models' origins, written as text; the dialogs: About, link, lesson; menus to search in.

import { startLessonDialog } from "../lesson/dialog.js";
import { html } from "../lib/dom.js";
import { followWithin } from "../lib/links.js";
import { startLink } from "./link.js";

const DARK = "seq2seq-unrolled-dark";

export function start({ element, props, server }) {
  const find = (selector) => element.querySelector(selector);
  darkMode(find("[data-toggle=dark]"));
  for (const info of JSON.parse(props.value)) find(".about-models").appendChild(modelFacts(info));
  const about = find("[data-dialog=about]");
  find("[data-open=about]").addEventListener("click", () => about.showModal());
  about.addEventListener("click", (event) => {
    if (event.target === about) about.close(); // the backdrop
  });
  startLink(element, props);
  startLessonDialog(element, props, server);
  followWithin();
  markSearched();
}

/** Mark the text of a menu that can be searched, so that what one types searches, and is not appended to the last choice. */
function markSearched() {
  for (const event of ["focusin", "click"])
    document.addEventListener(event, ({ target }) => {
      if (target.matches?.(".ask [role=combobox]:not([readonly])")) target.setSelectionRange(0, target.value.length, "backward");
    });
}

function darkMode(dark) {
  const mark = () => dark.setAttribute("aria-checked", String(document.body.classList.contains("dark")));
  if (!new URLSearchParams(location.search).has("__theme") && remembered() !== null)
    document.body.classList.toggle("dark", remembered() === "yes");
  new MutationObserver(mark).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  mark();
  dark.addEventListener("click", () => {
    const on = document.body.classList.toggle("dark");
    try {
      localStorage.setItem(DARK, on ? "yes" : "no");
    } catch {
      // the choice holds until the page is closed
    }
  });
}

function remembered() {
  try {
    return localStorage.getItem(DARK);
  } catch {
    return null; // storage may be switched off
  }
}

function modelFacts(info) {
  const section = html("section");
  section.appendChild(html("h3", "", info.title));
  const facts = [
    ["Model", `${info.architecture}, ${(info.parameters / 1e6).toFixed(1)} million parameters`],
    ["Reads", `${info.source_language}, at most ${info.max_characters} characters and ${info.max_source_pieces} pieces`],
    ["Learned from", info.trained_on],
    ["Data by", info.attribution],
    ["Licence", info.licence],
  ];
  const list = section.appendChild(html("dl"));
  for (const [name, text] of facts) list.append(html("dt", "", name), html("dd", "", text));
  return section;
}
