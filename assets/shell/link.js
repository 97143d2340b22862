// "Copy link": it copies the link to the current view at once, and shows it. On a Space there is a second link, for a projector.

import { copyFrom, shared } from "../lib/links.js";

export function startLink(root, { names, home }) {
  const dialog = root.querySelector(".link-dialog");
  const fields = Object.fromEntries([...dialog.querySelectorAll("[data-home]")].map((input) => [input.dataset.home, input]));
  const copy = (kind) => copyFrom(fields[kind], dialog.querySelector("[role=status]"));
  fields.whole.closest(".dialog-field").hidden = !home.whole;

  root.querySelector("[data-open=link]").addEventListener("click", () => {
    for (const kind in fields) fields[kind].value = shared(names, home[kind]);
    dialog.showModal();
    copy("page");
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
    else if (event.target.dataset.copy) copy(event.target.dataset.copy);
  });
}
