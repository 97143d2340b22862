// No module: a function that Python puts into the `js` of an event (take_address in kit/address.py), without these first lines.
// It runs when a tab, or a view within one, comes into sight, and makes the page's address the tab's own. `tab` and `all` are
// as in address.js, `known` holds the names of all tabs and views, `panel` is the id of the tab's panel. A tab that has views
// passes `within` null and gets the view that was open in it.
(tab, all, known, within, panel) => {
  const { dataset } = document.documentElement;
  const address = new URL(location.href);
  const named = address.searchParams.get("tab");
  const opening = dataset.awaited === undefined;
  // While the page opens, Gradio shows other tabs before the one that the address names; nobody chose those.
  if (opening) dataset.awaited = known.includes(named) ? named : "";
  if ((dataset.awaited && dataset.awaited !== tab) || (opening && named && !known.includes(named))) return;
  const place = document.getElementById(panel);
  if (!place || !place.getClientRects().length) return; // the event came late: another tab or view is open by now
  dataset.awaited = "";
  if (within) dataset[within] = tab;
  else if (tab) tab = dataset[tab.replaceAll("-", "")] || tab;
  if (named === tab) return;
  for (const name of ["tab", ...all]) address.searchParams.delete(name);
  if (tab) address.searchParams.set("tab", tab);
  history.replaceState(history.state, "", address);
}
