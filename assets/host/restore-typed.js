// A message line that also keeps what a visitor typed. When the server does not answer, Gradio says so, tries again every two
// seconds, and then loads the page anew. A request that was sent is in the address and comes back with it; text that was typed
// but not sent is kept here, in this browser's tab, for that one reload.

import { makeLine } from "../lib/message.js";

const TYPED = "seq2seq-unrolled-typed";
const LOST = ".toast-body.error"; // how Gradio says that the connection is lost
const TRIES = 40; // every half second: the answers to the address arrive meanwhile, and would overwrite the restored text
const typed = new Set(); // ids of the fields that the visitor has written in

const fieldOf = (id) => document.getElementById(id)?.querySelector("input, textarea");

export function start(given) {
  const { line, say } = makeLine(given);

  document.addEventListener("input", (event) => {
    const named = event.target.closest("[id]");
    if (event.isTrusted && named && event.target.matches("input[type=text], input:not([type], [role=combobox]), textarea")) typed.add(named.id);
  }, true);

  setInterval(() => {
    if (document.querySelector(LOST)) document.body.classList.remove("busy"); // no answer will come
  }, 1000);

  // If the connection ends while an answer is on its way, Gradio may wait for minutes and show nothing.
  addEventListener("offline", () => {
    line.textContent = "This browser is offline. You can still read the page; everything that needs the server has to wait.";
  });
  addEventListener("online", say);
  addEventListener("pagehide", keepTyped);
  putBack(takeTyped(), TRIES);
}

function keepTyped() {
  if (!document.querySelector(LOST) || document.documentElement.dataset.leaving) return;
  const kept = [...typed].filter(fieldOf).map((id) => [id, fieldOf(id).value]);
  try {
    sessionStorage.setItem(TYPED, JSON.stringify(kept));
  } catch {
    // storage may be switched off
  }
}

function takeTyped() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(TYPED)) || [];
    sessionStorage.removeItem(TYPED);
    return kept;
  } catch {
    return [];
  }
}

function putBack(kept, tries) {
  for (const [id, text] of kept) {
    const field = fieldOf(id);
    if (!field || typed.has(id) || field.value === text) continue;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (kept.length && tries) setTimeout(putBack, 500, kept, tries - 1);
}
