// The address bar: the parameters of `link` from Python (sentence, model, …) plus the step, so that a copied address opens the
// same view. Each tab writes its own address, and only while the address names that tab (address-on-tab.js writes the name).
// `tab` is null for the first tab, `own` holds the parameters of this tab, `all` those of every tab.

/** `walk`, where given, makes Back and Forward go through what was shown: `walk.root` is the view's element, and
 *  `walk.navigate(query)` asks the server for the picture of an address. */
export function makeLink(store, { tab, own, all }, walk = null) {
  let due = 0;
  let first = null; // the payload that the page opened with: its address is that of the page itself
  let left = null; // after Back or Forward: the payload that is no longer wanted, until the next one has come

  const query = () => new URLSearchParams(location.search);
  const isMine = () => query().get("tab") === tab;

  /** Return whether the address has parameters of this tab. */
  const isPresent = () => isMine() && own.some((name) => query().has(name));

  /** Return whether the address names what is shown, at whatever step. */
  const isShown = () => {
    const shown = new Map(store.payload.link);
    return own.every((name) => name === "step" || (query().get(name) ?? "") === (shown.get(name) ?? ""));
  };

  function write() {
    due = 0;
    if (!isMine() || left === store.payload) return;
    const address = new URL(location.href);
    for (const name of all) address.searchParams.delete(name);
    for (const [name, value] of store.payload.link) address.searchParams.set(name, value);
    if (store.step !== undefined) address.searchParams.set("step", store.step);
    const isNew = walk && !left && store.payload !== first && !isShown();
    try {
      if (isNew) history.pushState(history.state, "", address);
      else history.replaceState(history.state, "", address);
      left = null;
    } catch {
      update(); // browsers limit how often an address may change: try again a little later
    }
  }

  /** After Back or Forward: show what the address names; for an address of another view, load the page anew. */
  function follow() {
    const visible = walk.root.offsetParent !== null;
    if (isMine() !== visible) {
      document.documentElement.dataset.leaving = "yes"; // restore-typed.js keeps nothing: the address brings its own text
      location.replace(location.href);
      return;
    }
    if (!visible || !store.payload) return;
    left = isShown() ? null : store.payload;
    if (left) walk.navigate(location.search);
  }

  /** Write the address after a short time, once for many steps: scrubbing passes dozens of steps a second. */
  function update() {
    first ??= store.payload;
    if (!due) due = setTimeout(write, 250);
  }

  if (walk) addEventListener("popstate", follow);
  return { isPresent, update };
}
