// The students' page: it shows the question and hides or locks controls. Tabs and answers draw controls anew, so they are
// locked again after each change of the page. A teacher who changes a lesson has another parameter in the address: then the
// page hides nothing and passes the lesson to the dialog.

import { html, isFixed, payloadOf } from "../lib/dom.js";
import { queryOf } from "../lib/links.js";

const OPENING = "lesson-opening"; // class of the page until the lesson is known
const LESSON = "lesson";
const DRAFT = "edit-lesson";
const AT_DIALOG = "#change-lesson"; // fragment of an address that opens the dialog at once

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
  part("leave").textContent = isDraft ? "Stop changing the lesson" : "Leave the lesson";
  part("lesson-edit").hidden = isDraft;
  part("lesson-draft").hidden = part("lesson-resume").hidden = !isDraft;
  leadsTo("leave", () => `?${view()}`);
  leadsTo("lesson-edit", () => `?${[view(), `${DRAFT}=${query().get(parameter)}`].filter(Boolean).join("&")}${AT_DIALOG}`);
  part("lesson-resume").addEventListener("click", openDialog);
  watch("value", open);
  open();

  /** Return the parameters of the view, without the lesson. */
  function view() {
    return queryOf(props.names.filter((name) => name !== LESSON));
  }

  /** Give a link the address of the moment when it is followed or copied. */
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

  /** Pass the lesson to the dialog, which reads it when it is first opened. */
  function hand({ asked, hidden, locked, problem }) {
    page.dataset.draft = JSON.stringify({ asked, hidden, locked });
    if (location.hash !== AT_DIALOG) return;
    history.replaceState(history.state, "", location.href.slice(0, -AT_DIALOG.length)); // or each reload would open it
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

  /** Add the lesson to a link of the page; cancel a link to another tab if the lesson hides or locks tabs or views. */
  function follow(event) {
    const link = event.target.closest('a[href^="?"]');
    if (!link || root.contains(link)) return;
    const leading = new URLSearchParams(link.getAttribute("href"));
    if (leading.get("tab") !== query().get("tab") && (isFixed("tabs") || isFixed("views"))) {
      event.preventDefault();
      part("lesson-says").textContent = "That link leads to another tab, which is not part of this lesson.";
      return;
    }
    leading.set(parameter, query().get(parameter));
    link.setAttribute("href", `?${leading}`);
  }
}
