// The students' page: the question, and what the lesson hides or locks. Controls come and go with tabs and answers, so what is locked
// is locked again whenever something new is drawn.

const OPENING = "lesson-opening"; // of the page, while nobody knows yet what it hides

function startLesson(element, props, watch) {
  const root = element.querySelector(".lesson");
  const part = (name) => root.querySelector(`[data-testid="${name}"]`);
  const page = document.documentElement;
  const parameter = () => new URLSearchParams(location.search).get("lesson");
  const named = (names) => props.controls.filter(({ name }) => names.includes(name));
  if (parameter() === null) return;

  root.hidden = false;
  page.classList.add(OPENING);
  part("leave").addEventListener("click", (event) => (event.currentTarget.href = without()));
  part("leave").href = without();
  watch("value", open);
  open();

  /** The address as it now is, without the lesson. */
  function without() {
    const address = new URL(location.href);
    address.searchParams.delete("lesson");
    return address.href;
  }

  function open() {
    const given = payloadOf(props);
    if (!given) return;
    page.classList.remove(OPENING);
    part("lesson-problem").textContent = given.problem;
    part("lesson-text").textContent = given.question;
    part("lesson-question").hidden = !given.question;
    const titles = named(given.locked).map(({ title }) => title);
    part("lesson-locked").textContent = `Locked in this lesson: ${titles.join(", ")}.`;
    part("lesson-locked").hidden = !titles.length;
    page.dataset.fixed = [...given.hidden, ...given.locked].join(" ");
    hide(named(given.hidden).flatMap(({ parts }) => parts));
    lock([...named(given.locked).flatMap(({ parts, kept }) => [...parts, ...kept]), ...named(given.hidden).flatMap(({ kept }) => kept)]);
    document.addEventListener("click", follow, true);
    document.addEventListener("auxclick", follow, true);
    root.classList.add("ready");
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
    const query = new URLSearchParams(link.getAttribute("href"));
    const here = new URLSearchParams(location.search).get("tab");
    if (query.get("tab") !== here && (isFixed("tabs") || isFixed("views"))) {
      event.preventDefault();
      part("lesson-says").textContent = "That link leads to another tab, which is no part of this lesson.";
      return;
    }
    query.set("lesson", parameter());
    link.setAttribute("href", `?${query}`);
  }
}
