// The teacher's dialog. It tells the server what the address says now, the question and the controls, and shows the link that comes
// back, with its QR code. A lesson that is being changed was left for it by lesson.js.

import { html, saveFile } from "../lib/dom.js";

const LESSON_STATES = ["shown", "locked", "hidden"];
const ANSWER_MS = 200; // without a key, before the server is asked
const LOOK_MS = 500; // between two looks at the address: behind the dialog a translation may go on playing
const PNG_SCALE = 2; // of the SVG file's size in pixels
const SPELLED = ["lesson", "edit-lesson"]; // the parameters that a lesson's address may have

export function startLessonDialog(root, props, server) {
  const dialog = root.querySelector(".lesson-dialog");
  const button = root.querySelector("[data-open=lesson]");
  const part = (name) => dialog.querySelector(`[data-testid="lesson-${name}"]`);
  const question = part("ask");
  const image = part("qr").querySelector("img");
  const states = new Map(); // by control, what was chosen when it was last in sight
  let drafted = null; // the names that the lesson under change hides or locks, whether or not this view has them
  let present = []; // the controls of the view that is open
  let asked = ""; // what the link that is shown, or under way, was made from
  let svgFile = "";
  let due = 0;
  let looking = 0;

  button.hidden = new URLSearchParams(location.search).has("lesson"); // who is in a lesson makes none
  question.maxLength = props.most;
  part("large").hidden = !document.fullscreenEnabled; // a telephone may have none

  // --- what is chosen ---

  /** The lesson that is being changed, once. */
  function takeDraft() {
    if (drafted || !document.documentElement.dataset.draft) return;
    const { asked, hidden, locked } = JSON.parse(document.documentElement.dataset.draft);
    question.value = asked;
    for (const name of hidden) states.set(name, "hidden");
    for (const name of locked) states.set(name, "locked");
    drafted = [...hidden, ...locked];
  }

  /** A row for each control in sight, and for what a lesson under change says of others. Those that are there stay as they are. */
  function rows() {
    const isThere = ({ parts }) => [...document.querySelectorAll(parts.join(", "))].some((node) => node.getClientRects().length);
    present = props.controls.filter((control) => present.includes(control) || drafted?.includes(control.name) || isThere(control));
    const body = part("controls").querySelector("tbody");
    present.forEach((control, i) => {
      if (body.children[i]?.dataset.control !== control.name) body.insertBefore(row(control), body.children[i] || null);
    });
  }

  function row({ name, title }) {
    const line = html("tr");
    line.dataset.control = name;
    const head = line.appendChild(html("th", "", title));
    head.scope = "row";
    for (const state of LESSON_STATES) {
      const label = line.appendChild(html("td")).appendChild(html("label"));
      const choice = label.appendChild(html("input"));
      choice.type = "radio";
      choice.name = `lesson-${name}`;
      choice.value = state;
      choice.checked = state === (states.get(name) || LESSON_STATES[0]);
      label.appendChild(html("span", "visually-hidden", `${title}: ${state}`));
      choice.addEventListener("change", () => {
        states.set(name, state);
        update();
      });
    }
    return line;
  }

  const chosen = (state) => present.map(({ name }) => name).filter((name) => states.get(name) === state);

  // --- the link ---

  function update() {
    part("count").textContent = `${[...question.value].length} of ${props.most} characters`;
    const all = { address: location.href, question: question.value, hidden: chosen("hidden"), locked: chosen("locked") };
    const spelled = JSON.stringify(all);
    if (spelled === asked) return;
    asked = spelled;
    part("copied").textContent = "";
    part("copy").disabled = true;
    clearTimeout(due);
    due = setTimeout(() => ask(all, spelled), ANSWER_MS);
  }

  async function ask(all, spelled) {
    let answer = null;
    try {
      answer = await server.lesson_link(all);
    } catch {
      answer = { problem: "The server did not answer. Please try again." };
    }
    if (spelled !== asked) return; // it was changed in the meantime
    if (answer.problem) asked = ""; // so that it is tried again
    show(answer);
  }

  function show({ link = "", qr = "", note = "", problem = "" }) {
    part("link").value = link;
    part("copy").disabled = part("try").hidden = !link;
    part("try").href = link;
    part("failed").textContent = problem;
    part("note").textContent = note;
    part("qr").hidden = !qr;
    svgFile = qr;
    if (qr) image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr)}`;
  }

  async function copy() {
    const field = part("link");
    let done = true;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select(); // browsers keep the clipboard from pages without https
      done = document.execCommand("copy");
    }
    part("copied").textContent = done ? "The link is copied." : "Your browser does not let this page copy: the link is marked, press Ctrl+C.";
  }

  function savePng() {
    const canvas = html("canvas");
    canvas.width = canvas.height = PNG_SCALE * image.naturalWidth; // whole pixels for each of its squares
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveFile("lesson.png", canvas.toDataURL("image/png"));
  }

  /** The view of a lesson's link, on this server, with the lesson to be changed. */
  function reopen(event) {
    event.preventDefault();
    const text = part("old").value.trim();
    const query = new URLSearchParams(text.includes("?") ? text.slice(text.indexOf("?")).split("#")[0] : "");
    const spelled = SPELLED.map((name) => query.get(name)).find(Boolean);
    part("no").textContent = spelled ? "" : "This is no link of a lesson: it has no “lesson=” in it.";
    if (!spelled) return;
    for (const name of SPELLED) query.delete(name);
    query.set("edit-lesson", spelled);
    const isHere = location.search === `?${query}`; // then the end alone would load nothing
    location.assign(`?${query}#change-lesson`);
    if (isHere) location.reload();
  }

  // --- the dialog ---

  function look() {
    rows(); // what a view draws late
    update();
  }

  button.addEventListener("click", () => {
    takeDraft();
    present = [];
    part("controls").querySelector("tbody").replaceChildren();
    asked = "";
    look();
    dialog.showModal();
    looking = setInterval(look, LOOK_MS);
  });
  dialog.addEventListener("close", () => clearInterval(looking));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  question.addEventListener("input", update);
  part("copy").addEventListener("click", copy);
  part("link").addEventListener("focus", () => part("link").select());
  part("again").addEventListener("submit", reopen);
  part("large").addEventListener("click", () => part("qr").requestFullscreen());
  image.addEventListener("click", () => document.fullscreenElement && document.exitFullscreen());
  part("svg").addEventListener("click", () => saveFile("lesson.svg", svgFile, "image/svg+xml"));
  part("png").addEventListener("click", savePng);
}
