// Menus and cards are native popovers; this places them beside their button and adds the arrow keys of the ARIA menu pattern.

const gap = 4;
const pause = 700; // milliseconds after which the next letter begins another word
let typed = "", typedAt = 0;

function place(panel, anchor) {
  const at = anchor.getBoundingClientRect();
  const box = panel.getBoundingClientRect();
  const start = getComputedStyle(panel).direction === "rtl" ? at.right - box.width : at.left;
  const left = Math.max(8, Math.min(panel.dataset.align === "end" ? at.right - box.width : start, innerWidth - box.width - 8));
  const below = at.bottom + gap;
  const top = below + box.height > innerHeight - 8 && at.top - gap - box.height > 8 ? at.top - gap - box.height : below;
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(8, Math.min(top, innerHeight - box.height - 8))}px`;
  panel.style.position = "fixed";
}

const anchorOf = (panel) => panel.anchorElement || document.querySelector(`[popovertarget="${CSS.escape(panel.id)}"]`);
const items = (menu) => [...menu.querySelectorAll('[role^="menuitem"]')].filter((item) => item.offsetParent !== null);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[popovertarget]");
  if (button) document.getElementById(button.getAttribute("popovertarget")).anchorElement = button;
  const item = event.target.closest('[data-menu] [role^="menuitem"]');
  if (item && item.getAttribute("aria-disabled") !== "true") queueMicrotask(() => item.closest("[popover]")?.matches(":popover-open") && item.closest("[popover]").hidePopover());
}, true);

document.addEventListener("toggle", (event) => {
  const panel = event.target;
  if (!panel.hasAttribute?.("popover")) return;
  const anchor = anchorOf(panel);
  if (!anchor) return;
  const open = event.newState === "open";
  if (anchor.hasAttribute("popovertarget")) anchor.setAttribute("aria-expanded", String(open));
  if (!open) return;
  place(panel, anchor);
  if (panel.hasAttribute("data-menu")) {
    const choices = items(panel);
    choices.forEach((item) => { item.tabIndex = -1; });
    if (!panel.contains(document.activeElement)) (choices.find((item) => item.hasAttribute("aria-current")) || choices[0])?.focus();
  }
}, true);

// What is typed right after opening it comes before the menu has the focus.
function menuOf(target) {
  const panel = document.getElementById(target.closest?.("[popovertarget]")?.getAttribute("popovertarget"));
  return target.closest?.("[data-menu]") || (panel?.matches("[data-menu]:popover-open") ? panel : null);
}

// The item that begins with the letters typed so far; one letter again and again goes from one such item to the next.
function byLetters(choices, now, letter) {
  typed = (performance.now() - typedAt > pause ? "" : typed) + letter.toLowerCase();
  typedAt = performance.now();
  const again = [...typed].every((each) => each === typed[0]);
  const first = again ? now + 1 : Math.max(now, 0);
  const inOrder = [...choices.slice(first), ...choices.slice(0, first)];
  return inOrder.find((item) => item.textContent.trim().toLowerCase().startsWith(again ? typed[0] : typed));
}

document.addEventListener("keydown", (event) => {
  const menu = menuOf(event.target);
  if (!menu) return;
  const choices = items(menu);
  const now = choices.indexOf(document.activeElement);
  const go = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: choices.length - 1 }[event.key];
  if (go !== undefined) {
    event.preventDefault();
    choices[(go + choices.length) % choices.length]?.focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey) {
    byLetters(choices, now, event.key)?.focus();
  }
});

addEventListener("resize", () => document.querySelectorAll("[popover]:popover-open").forEach((panel) => { const anchor = anchorOf(panel); if (anchor) place(panel, anchor); }));
