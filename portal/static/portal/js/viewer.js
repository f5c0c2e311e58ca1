// The viewer's keys and places: [ and ] walk the cited places, the page field jumps, the field follows what is read.
// All of it works without script too: the places are links, the field is a form, the quote is an anchor.

const desk = document.querySelector("[data-desk]");
const field = document.querySelector("#page-number");
const click = (selector) => { const found = document.querySelector(selector); found?.click(); return Boolean(found); };

document.addEventListener("portal:key", ({ detail }) => {
  if (detail.key === "]") click("[data-walk-next]");
  else if (detail.key === "[") click("[data-walk-previous]");
});

const sheet = (number) => desk?.querySelector(`[data-page="${CSS.escape(String(number))}"]`);
field?.form.addEventListener("submit", (event) => {
  const wanted = sheet(Number(field.value));
  if (!wanted) return;
  event.preventDefault();
  wanted.scrollIntoView({ block: "start" });
});

// The page that is most in sight stands in the field and is chosen in the contents.
if (desk) {
  const seen = new Map();
  const entries = [...document.querySelectorAll("[data-entry]")];
  const many = new Set(entries.map((entry) => entry.dataset.entry)).size > 1;
  const watch = new IntersectionObserver((changes) => {
    changes.forEach((change) => seen.set(change.target, change.isIntersecting ? change.intersectionRect.height : 0));
    const best = [...seen].sort((a, b) => b[1] - a[1])[0];
    if (!best || !best[1]) return;
    const page = best[0].dataset.page;
    if (field && document.activeElement !== field) field.value = page;
    if (!many || page === desk.dataset.shown) return;
    desk.dataset.shown = page;
    if (entries.find((entry) => entry.getAttribute("aria-current"))?.dataset.entry === page) return;
    const current = entries.findLast((entry) => Number(entry.dataset.entry) <= Number(page));
    entries.forEach((entry) => entry.toggleAttribute("aria-current", false));
    current?.setAttribute("aria-current", "location");
  }, { root: desk, threshold: [0, 0.1, 0.25, 0.5, 0.75, 1] });
  const observe = () => desk.querySelectorAll("[data-page]").forEach((each) => { if (!seen.has(each)) { seen.set(each, 0); watch.observe(each); } });
  observe();
  document.addEventListener("htmx:load", observe);
}

// To the quote, with the focus on it, so that the next Tab goes on from there.
const quote = document.getElementById("quote");
if (quote && (location.hash === "#quote" || !location.hash)) {
  const show = () => { quote.scrollIntoView({ block: "center" }); quote.focus({ preventScroll: true }); };
  show();
  addEventListener("load", show, { once: true });
} else if (!quote && location.hash === "" && field && Number(field.value) > 1) {
  sheet(field.value)?.scrollIntoView({ block: "start" });
}
document.querySelector(".viewer-contents [aria-current]")?.scrollIntoView({ block: "nearest" });
