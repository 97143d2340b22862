// Dark mode, kept in this browser; the models' origins, written as text; and what the two dialogs are opened with.
const find = (selector) => element.querySelector(selector);
const dark = find("[data-toggle=dark]");
const KEY = "seq2seq-unrolled-dark";

function mark() {
  dark.setAttribute("aria-checked", String(document.body.classList.contains("dark")));
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be switched off
  }
}

if (!new URLSearchParams(location.search).has("__theme") && remembered() !== null)
  document.body.classList.toggle("dark", remembered() === "yes");
new MutationObserver(mark).observe(document.body, { attributes: true, attributeFilter: ["class"] });
mark();
dark.addEventListener("click", () => {
  const on = document.body.classList.toggle("dark");
  try {
    localStorage.setItem(KEY, on ? "yes" : "no");
  } catch {
    // the choice holds until the page is closed
  }
});

const add = (parent, name, text) => {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  return parent.appendChild(node);
};

for (const info of JSON.parse(props.value)) {
  const section = add(find(".about-models"), "section");
  add(section, "h3", info.title);
  const facts = [
    ["Model", `${info.architecture}, ${(info.parameters / 1e6).toFixed(1)} million parameters`],
    ["Reads", `${info.source_language}, at most ${info.max_characters} characters and ${info.max_source_pieces} pieces`],
    ["Learned from", info.trained_on],
    ["Data by", info.attribution],
    ["Licence", info.licence],
  ];
  const list = add(section, "dl");
  for (const [name, text] of facts) {
    add(list, "dt", name);
    add(list, "dd", text);
  }
}
const about = find("[data-dialog=about]");
find("[data-open=about]").addEventListener("click", () => about.showModal());
about.addEventListener("click", (event) => {
  if (event.target === about) about.close(); // the backdrop
});
startLessonDialog(element, props, server);
