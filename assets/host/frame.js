// No module: a script in the page's head, which runs before all others (launch_settings in ui/app.py).
// A Space shows the page in a frame as high as its content; framed.css is for that. A browser may refuse storage to a frame of
// another site, even to look whether there is any. Then the page stores for itself, until it is closed: Gradio, too, expects one.
(() => {
  document.documentElement.classList.toggle("framed", self !== top);
  const memory = () => {
    const items = new Map();
    return {
      getItem: (name) => items.get(String(name)) ?? null,
      setItem: (name, value) => void items.set(String(name), String(value)),
      removeItem: (name) => void items.delete(String(name)),
      clear: () => items.clear(),
      key: (place) => [...items.keys()][place] ?? null,
      get length() {
        return items.size;
      },
    };
  };
  for (const kind of ["localStorage", "sessionStorage"]) {
    try {
      self[kind].length;
    } catch {
      Object.defineProperty(self, kind, { value: memory() });
    }
  }
})();
