// The evidence panel: open and close (E), a width that is remembered, a sheet on phones.
// <aside class="evidence-panel" id="evidence" data-evidence-panel> with .resizer, [data-evidence-close], [data-sheet-grip].

const panel = document.querySelector("[data-evidence-panel]");
const frame = document.querySelector(".frame");
const kept = "portal.evidence.width";
const narrow = matchMedia("(max-width: 767.98px)");
const overlay = matchMedia("(max-width: 1279.98px)");

function width(value) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const clamped = Math.round(Math.max(320, Math.min(560, value)));
  frame.style.setProperty("--evidence-width", `${clamped * rem}px`);
  resizer?.setAttribute("aria-valuenow", String(clamped));
  return clamped;
}
function keep(value) { try { localStorage.setItem(kept, String(value)); } catch { /* a private window keeps nothing */ } }

function show(open) {
  if (!panel) return;
  panel.hidden = !open;
  panel.toggleAttribute("data-shown", open);
  panel.classList.remove("is-full");
  document.querySelectorAll("[data-evidence-toggle]").forEach((button) => button.setAttribute("aria-expanded", String(open)));
  document.dispatchEvent(new CustomEvent("portal:evidence", { detail: { open } }));
}

const resizer = panel?.querySelector(".resizer");
if (panel) {
  try { const saved = Number(localStorage.getItem(kept)); if (saved) width(saved); } catch { /* as above */ }
  if (overlay.matches && !panel.hasAttribute("data-stays-open")) show(false);
  overlay.addEventListener("change", (event) => { if (!panel.hasAttribute("data-stays-open")) show(!event.matches); });
}
resizer?.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  resizer.setPointerCapture(event.pointerId);
  resizer.classList.add("is-dragging");
  const end = getComputedStyle(panel).direction === "rtl" ? panel.getBoundingClientRect().left : panel.getBoundingClientRect().right;
  let now = panel.offsetWidth;
  const move = (at) => { now = width(Math.abs(end - at.clientX)); };
  const up = () => { resizer.classList.remove("is-dragging"); resizer.removeEventListener("pointermove", move); keep(now); };
  resizer.addEventListener("pointermove", move);
  resizer.addEventListener("pointerup", up, { once: true });
  resizer.addEventListener("pointercancel", up, { once: true });
});
resizer?.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: 16, ArrowRight: -16, Home: -999, End: 999 }[event.key];
  if (!by) return;
  event.preventDefault();
  const turned = getComputedStyle(panel).direction === "rtl" && event.key.startsWith("Arrow") ? -by : by;
  keep(width(panel.offsetWidth + turned));
});

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-evidence-toggle]");
  if (toggle && panel) {
    event.preventDefault();
    const open = panel.hidden;
    show(open);
    if (open) panel.querySelector("h2")?.focus?.();
  } else if (event.target.closest("[data-evidence-close]")) {
    show(false);
    document.querySelector(".cite.in-focus, [data-evidence-toggle]")?.focus();
  } else if (event.target.closest("[data-sheet-grip]")) {
    if (!dragged) panel?.classList.toggle("is-full");
    dragged = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !panel || panel.hidden || !overlay.matches) return;
  if (document.querySelector("dialog[open], :popover-open, .side.is-open")) return;
  if (document.querySelector("[data-answering]")) return; // Esc stops the answer first
  show(false);
});

// The sheet follows the finger: up is full, down is half, then gone.
let from = null, dragged = false;
panel?.addEventListener("pointerdown", (event) => { if (narrow.matches && event.target.closest("[data-sheet-grip]")) from = event.clientY; });
addEventListener("pointerup", (event) => {
  if (from === null) return;
  const by = event.clientY - from;
  from = null;
  dragged = Math.abs(by) > 10;
  if (by < -40) panel.classList.add("is-full");
  else if (by > 40 && panel.classList.contains("is-full")) panel.classList.remove("is-full");
  else if (by > 40) show(false);
});
document.addEventListener("portal:show-evidence", () => { if (panel?.hidden) show(true); });
