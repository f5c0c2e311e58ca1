// Single keys, never in a field, and not at all where <html data-shortcuts="off">. Ctrl K, F6 and Esc always work.
// A page may answer a key by an element with data-key="c" (it is clicked) or listen for portal:key.

const off = () => document.documentElement.dataset.shortcuts === "off";
const writing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const click = (selector) => { const found = document.querySelector(selector); found?.click(); return Boolean(found); };
const rooms = { a: "ask", k: "knowledge", r: "review", q: "quality", u: "audit", o: "operations", p: "people" };
let going = 0;

function rows() { return [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.getClientRects().length); }
function step(by) {
  const all = rows();
  if (!all.length) return false;
  const now = all.findIndex((row) => row.classList.contains("is-focus") || row.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? 0 : now + by))];
  all.forEach((row) => row.classList.toggle("is-focus", row === next));
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}
const row = () => document.querySelector("[data-row].is-focus") || document.activeElement?.closest?.("[data-row]");

const keys = {
  "/": () => { const box = document.querySelector("[data-question-box], [data-find]"); box?.focus(); return Boolean(box); },
  "?": () => click('[data-opens="shortcuts-dialog"]') || document.getElementById("shortcuts-dialog")?.showModal() || true,
  j: () => step(1),
  k: () => step(-1),
  o: () => { const link = row()?.querySelector("[data-row-open], a[href]"); link?.click(); return Boolean(link); },
  x: () => { const box = row()?.querySelector("[data-choose]"); box?.click(); return Boolean(box); },
  e: () => click("[data-evidence-toggle]"),
  c: () => click('[data-key="c"]'),
  g: () => { going = Date.now(); return true; },
};

document.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === "k") {
    if (click('[data-opens="search-dialog"]')) event.preventDefault();
    return;
  }
  if (event.altKey && (key === "ArrowUp" || key === "ArrowDown") && !writing(event.target)) {
    if (click(key === "ArrowUp" ? "[data-story-previous]" : "[data-story-next]")) event.preventDefault();
    return;
  }
  if (off() || event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("[data-menu]")) return;
  if (going && Date.now() - going < 1500 && rooms[key]) {
    going = 0;
    if (click(`[data-room-key="${rooms[key]}"]`)) event.preventDefault();
    return;
  }
  going = 0;
  if (key === "x" && event.shiftKey) {
    const box = row()?.querySelector("[data-choose]");
    if (box) { event.preventDefault(); box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: true })); }
    return;
  }
  if (keys[key]?.() === true) event.preventDefault();
  else document.dispatchEvent(new CustomEvent("portal:key", { detail: { key, shift: event.shiftKey } }));
});

const mac = /mac|iphone|ipad/i.test(navigator.platform);
if (mac) document.querySelectorAll("[data-keys^='mod'] kbd:first-child").forEach((kbd) => { kbd.textContent = "\u2318"; });
