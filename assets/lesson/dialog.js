// The teacher's dialog. It sends the current address, the question and the chosen controls to the server and shows the link and
// QR code that the server returns. When a teacher changes a lesson, lesson.js has stored that lesson for this dialog.

import { html, saveFile } from "../lib/dom.js";
import { copyFrom, shared, within } from "../lib/links.js";

const LESSON_STATES = ["shown", "locked", "hidden"];
const ANSWER_MS = 200; // pause after the last key before the server is asked
const LOOK_MS = 500; // time between two checks of the address: a translation may play on while the dialog is open
const PNG_SCALE = 2; // PNG pixels per SVG pixel
const SPELLED = ["lesson", "edit-lesson"]; // parameters of an address that can hold a lesson

export function startLessonDialog(root, props, server) {
  const dialog = root.querySelector(".lesson-dialog");
  const button = root.querySelector("[data-open=lesson]");
  const part = (name) => dialog.querySelector(`[data-testid="lesson-${name}"]`);
  const question = part("ask");
  const image = part("qr").querySelector("img");
  const states = new Map(); // by control name, the state last chosen for it
  let drafted = null; // names that the lesson under change hides or locks, even if this view lacks these controls
  let present = []; // controls of the open view
  let asked = ""; // the request whose link is shown or on its way
  let svgFile = "";
  let due = 0;
  let looking = 0;

  button.hidden = new URLSearchParams(location.search).has("lesson"); // a student in a lesson makes no lessons
  question.maxLength = props.most;
  part("whole").closest("label").hidden = !props.home.whole;
  part("large").hidden = !document.fullscreenEnabled; // some telephones cannot show full screen

  // --- what is chosen ---

  /** Take over the lesson that is being changed, once. */
  function takeDraft() {
    if (drafted || !document.documentElement.dataset.draft) return;
    const { asked, hidden, locked } = JSON.parse(document.documentElement.dataset.draft);
    question.value = asked;
    for (const name of hidden) states.set(name, "hidden");
    for (const name of locked) states.set(name, "locked");
    drafted = [...hidden, ...locked];
  }

  /** Add a row for each control in sight, and for each that the lesson under change mentions. Existing rows stay. */
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
    const address = shared(props.names, part("whole").checked ? props.home.whole : props.home.page);
    const all = { address, question: question.value, hidden: chosen("hidden"), locked: chosen("locked") };
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
    if (spelled !== asked) return; // the request has changed in the meantime
    if (answer.problem) asked = ""; // so that the next check asks again
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

  function savePng() {
    const canvas = html("canvas");
    canvas.width = canvas.height = PNG_SCALE * image.naturalWidth; // a whole number of pixels per square
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveFile("lesson.png", canvas.toDataURL("image/png"));
  }

  /** Open the view of a lesson's link on this server, to change the lesson. */
  function reopen(event) {
    event.preventDefault();
    const text = part("old").value.trim();
    const query = new URLSearchParams(text.includes("?") ? text.slice(text.indexOf("?")).split("#")[0] : "");
    const spelled = SPELLED.map((name) => query.get(name)).find(Boolean);
    part("no").textContent = spelled ? "" : "This is not the link of a lesson: it has no “lesson=” in it.";
    if (!spelled) return;
    for (const name of [...query.keys()]) if (SPELLED.includes(name) || !props.names.includes(name)) query.delete(name);
    query.set("edit-lesson", spelled);
    const address = within(String(query));
    const isHere = location.search === address; // then only the #fragment changes, which loads nothing
    location.assign(`${address}#change-lesson`);
    if (isHere) location.reload();
  }

  // --- the dialog ---

  function look() {
    rows(); // a view may draw controls late
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
  part("whole").addEventListener("change", update);
  part("copy").addEventListener("click", () => copyFrom(part("link"), part("copied")));
  part("link").addEventListener("focus", () => part("link").select());
  part("again").addEventListener("submit", reopen);
  part("large").addEventListener("click", () => part("qr").requestFullscreen());
  image.addEventListener("click", () => document.fullscreenElement && document.exitFullscreen());
  part("svg").addEventListener("click", () => saveFile("lesson.svg", svgFile, "image/svg+xml"));
  part("png").addEventListener("click", savePng);
}
