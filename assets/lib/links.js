// Links: to this app for others, and within the frame of a Space for this visitor.
//
// The address of a frame holds parameters that are not the app's: `__sign`, the token of a private Space, and `__theme`. A link
// for others holds only the app's own parameters. A link that is followed within the frame needs the token again.

const OF_FRAME = ["__sign", "__theme"];

const named = (names) => location.search.slice(1).split("&").filter((item) => names.includes(item.split("=")[0]));

/** Return the parameters of this page's address that `names` lists, as they are written there. */
export const queryOf = (names) => named(names).join("&");

/** Return the address to give to others: `base` (default: this page), with the parameters that `names` lists. */
export function shared(names, base = "") {
  const link = new URL(base || location.pathname, location.href);
  link.search = queryOf(names);
  return link.href;
}

/** Return the address of `query` for a move within this frame. */
export const within = (query) => `?${[...(query ? [query] : []), ...named(OF_FRAME)].join("&")}`;

/** Make every link to a view of this page keep the parameters of the frame when it is followed. Its `href` has none of them, so
 *  that a visitor can copy it. */
export function followWithin() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="?"]');
    const isPlain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || event.defaultPrevented || !isPlain || !named(OF_FRAME).length) return;
    event.preventDefault();
    const [query, part] = link.getAttribute("href").slice(1).split("#");
    location.assign(within(query) + (part ? `#${part}` : ""));
  });
}

/** Copy the text of `field` and say so in `line`. Where the browser refuses, select the text. */
export async function copyFrom(field, line) {
  let done = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // browsers give the clipboard only to https pages, and to frames that may use it
    done = document.execCommand("copy");
  }
  line.textContent = done ? "The link is copied." : "Your browser does not let this page copy: the link is selected, press Ctrl+C.";
}
