// Names of controls without words, on hover and on focus; Esc takes them away. data-tip everywhere, data-tip-rail where the navigation is a rail.

const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("popover", "manual");
tip.setAttribute("aria-hidden", "true");
let timer = null;

const words = (target) => target.dataset.tip || (target.dataset.tipRail && (target.closest(".side")?.clientWidth ?? 999) < 81 ? target.dataset.tipRail : "");
function hide() { clearTimeout(timer); if (tip.matches?.(":popover-open")) tip.hidePopover(); }
function show(target) {
  const text = words(target);
  if (!text) return;
  tip.textContent = text;
  if (!tip.isConnected) document.body.append(tip);
  if (!tip.matches(":popover-open")) tip.showPopover();
  const at = target.getBoundingClientRect();
  const box = tip.getBoundingClientRect();
  const beside = Boolean(target.dataset.tipRail || target.closest(".rail-only"));
  const left = beside ? at.right + 8 : Math.max(8, Math.min(at.left + at.width / 2 - box.width / 2, innerWidth - box.width - 8));
  const top = beside ? at.top + (at.height - box.height) / 2 : at.bottom + box.height + 8 > innerHeight ? at.top - box.height - 4 : at.bottom + 4;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}
const of = (event) => event.target.closest?.("[data-tip], [data-tip-rail]");

document.addEventListener("pointerover", (event) => { const target = of(event); clearTimeout(timer); if (target && event.pointerType !== "touch") timer = setTimeout(() => show(target), 400); else hide(); });
document.addEventListener("pointerdown", hide);
document.addEventListener("focusin", (event) => { const target = of(event); if (target?.matches(":focus-visible")) show(target); else hide(); });
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
