// Behind message.js. Where the server does not answer, Gradio says so, tries again every two seconds, and then loads the page
// anew. What was sent stands in the address and comes back with it; what was typed and not sent yet is kept here, in this
// browser's tab, for that one time.

const TYPED = "seq2seq-unrolled-typed";
const LOST = ".toast-body.error"; // how Gradio says that the connection is lost
const TRIES = 40; // half seconds: what the address asks for arrives meanwhile, and would be written over it
const typed = new Set(); // ids of the fields that the visitor has written in

const fieldOf = (id) => document.getElementById(id)?.querySelector("input, textarea");

document.addEventListener("input", (event) => {
  const named = event.target.closest("[id]");
  if (event.isTrusted && named && event.target.matches("input[type=text], input:not([type]), textarea")) typed.add(named.id);
}, true);

setInterval(() => {
  if (document.querySelector(LOST)) document.body.classList.remove("busy"); // no answer is on its way
}, 1000);

// An answer that is on its way when the connection ends may keep Gradio waiting, and silent, for minutes.
addEventListener("offline", () => {
  line.textContent = "This browser is offline. What is on the page stays and can be looked at; what needs the server has to wait.";
});
addEventListener("online", say);

addEventListener("pagehide", () => {
  if (!document.querySelector(LOST)) return;
  const kept = [...typed].filter(fieldOf).map((id) => [id, fieldOf(id).value]);
  try {
    sessionStorage.setItem(TYPED, JSON.stringify(kept));
  } catch {
    // storage may be switched off
  }
});

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
putBack(takeTyped(), TRIES);
