// "How to read this": an explanation is open when a visitor first sees its view; this browser remembers which views were seen.

const SEEN = "seq2seq-unrolled-seen";

export function startReading(root) {
  const details = root.querySelector(".reading");
  if (!details) return;
  const seen = remembered();
  details.open = !seen.includes(details.dataset.reading);
  // Hidden tabs exist from the start, so a view counts as seen once it is on the screen.
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    try {
      localStorage.setItem(SEEN, [...new Set([...remembered(), details.dataset.reading])].join(" "));
    } catch {
      // storage may be switched off: then the explanation is open at each visit
    }
  }).observe(root);
}

function remembered() {
  try {
    return (localStorage.getItem(SEEN) || "").split(" ");
  } catch {
    return [];
  }
}
