// The walker over the changes: its buttons and [ ] go from change to change, and the list says which one is in sight.
// Without script the list's links do the same.

const places = [...document.querySelectorAll("[data-change]")];
const entries = [...document.querySelectorAll("[data-place]")];
const said = document.querySelector("[data-place-now]");
let now = 0;

function show(at, go) {
  now = Math.max(0, Math.min(at, places.length - 1));
  if (said) said.textContent = String(now + 1);
  entries.forEach((entry, index) => entry.toggleAttribute("aria-current", false) || (index === now && entry.setAttribute("aria-current", "location")));
  if (!go) return;
  places[now].scrollIntoView({ block: "start" });
  places[now].focus({ preventScroll: true });
  entries[now]?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-walk-next]") ? 1 : event.target.closest("[data-walk-previous]") ? -1 : 0;
  const entry = event.target.closest("[data-place]");
  if (!step && !entry) return;
  event.preventDefault();
  show(entry ? entries.indexOf(entry) : now + step, true);
});

document.addEventListener("portal:key", ({ detail }) => {
  if (detail.key === "]") show(now + 1, true);
  else if (detail.key === "[") show(now - 1, true);
});

const asked = places.findIndex((place) => `#${place.id}` === location.hash);
if (asked > 0) show(asked, false);
