// The students' page: the question, and what the lesson hides or locks. Controls come and go with tabs and answers, so what is locked
// is locked again whenever something new is drawn. A teacher who changes the lesson has another parameter in the address: the page is
// then an ordinary one, and the lesson is handed to the dialog.

import { html, isFixed, payloadOf } from "../lib/dom.js";

const OPENING = "lesson-opening"; // of the page, while nobody knows yet what it hides
const LESSON = "lesson";
const DRAFT = "edit-lesson";
const AT_DIALOG = "#change-lesson"; // at the end of an address that begins with the dialog

export function start({ element, props, watch }) {
  const root = element.querySelector(".lesson");
  const part = (name) => root.querySelector(`[data-testid="${name}"]`);
  const page = document.documentElement;
  const query = () => new URLSearchParams(location.search);
  const named = (names) => props.controls.filter(({ name }) => names.includes(name));
  const parameter = [LESSON, DRAFT].find((name) => query().has(name));
  const isDraft = parameter === DRAFT;
  if (!parameter) return;

  root.hidden = false;
  if (!isDraft) page.classList.add(OPENING);
  part("leave").textContent = isDraft ? "Stop changing it" : "Leave the lesson";
  part("lesson-edit").hidden = isDraft;
  part("lesson-draft").hidden = part("lesson-resume").hidden = !isDraft;
  leadsTo("leave", () => address().href);
  leadsTo("lesson-edit", () => {
    const changed = address();
    changed.searchParams.set(DRAFT, query().get(parameter));
    return changed.href + AT_DIALOG;
  });
  part("lesson-resume").addEventListener("click", openDialog);
  watch("value", open);
  open();

  /** The address as it now is, without the lesson. */
  function address() {
    const found = new URL(location.href);
    for (const name of [LESSON, DRAFT]) found.searchParams.delete(name);
    found.hash = "";
    return found;
  }

  /** A link whose address is that of the moment in which it is followed, or copied. */
  function leadsTo(name, href) {
    const link = part(name);
    const set = () => (link.href = href());
    for (const event of ["pointerdown", "focus", "click"]) link.addEventListener(event, set);
    set();
  }

  function open() {
    const given = payloadOf(props);
    if (!given) return;
    page.classList.remove(OPENING);
    part("lesson-problem").textContent = given.problem;
    document.addEventListener("click", follow, true);
    document.addEventListener("auxclick", follow, true);
    if (isDraft) hand(given);
    else show(given);
    root.classList.add("ready");
  }

  function show(given) {
    part("lesson-text").textContent = given.question;
    part("lesson-question").hidden = !given.question;
    const titles = named(given.locked).map(({ title }) => title);
    part("lesson-locked").textContent = `Locked in this lesson: ${titles.join(", ")}.`;
    part("lesson-locked").hidden = !titles.length;
    page.dataset.fixed = [...given.hidden, ...given.locked].join(" ");
    hide(named(given.hidden).flatMap(({ parts }) => parts));
    lock([...named(given.locked).flatMap(({ parts, kept }) => [...parts, ...kept]), ...named(given.hidden).flatMap(({ kept }) => kept)]);
  }

  /** To the dialog, which reads it when it is opened for the first time. */
  function hand({ asked, hidden, locked, problem }) {
    page.dataset.draft = JSON.stringify({ asked, hidden, locked });
    if (location.hash !== AT_DIALOG) return;
    history.replaceState(history.state, "", location.href.slice(0, -AT_DIALOG.length)); // once: not when the page is loaded again
    if (!problem) openDialog();
  }

  function openDialog() {
    document.querySelector("[data-open=lesson]").click();
  }

  function hide(selectors) {
    if (selectors.length) document.head.appendChild(html("style", "", `${selectors.join(", ")} { display: none !important; }`));
  }

  function lock(selectors) {
    if (!selectors.length) return;
    const within = ["button", "input", "select", "textarea", "a[href]", "[tabindex]"];
    const fix = () => {
      for (const place of document.querySelectorAll(selectors.join(", "))) {
        place.dataset.locked = "";
        for (const control of [place, ...place.querySelectorAll(within.join(", "))]) {
          if (!control.matches(within.join(", "))) continue;
          if ("disabled" in control && !control.disabled) control.disabled = true;
          if (!("disabled" in control)) control.tabIndex = -1;
          control.setAttribute("aria-disabled", "true");
        }
      }
    };
    fix();
    new MutationObserver(fix).observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  }

  /** A link of the page takes the lesson with it; one to another tab goes nowhere where tabs or views are the teacher's. */
  function follow(event) {
    const link = event.target.closest('a[href^="?"]');
    if (!link || root.contains(link)) return;
    const leading = new URLSearchParams(link.getAttribute("href"));
    if (leading.get("tab") !== query().get("tab") && (isFixed("tabs") || isFixed("views"))) {
      event.preventDefault();
      part("lesson-says").textContent = "That link leads to another tab, which is no part of this lesson.";
      return;
    }
    leading.set(parameter, query().get(parameter));
    link.setAttribute("href", `?${leading}`);
  }
}
