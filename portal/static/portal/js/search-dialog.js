// Ctrl K: what is typed is sent to data-src?q=…; the answer is a list of links marked role="option" (.search-hit).
// Each answer is recorded on the audit trail, so words are sent only when typing pauses, and not twice in a row.
// Arrow keys choose, Enter opens. Without script the opener is a link to the search page.

const dialog = document.getElementById("search-dialog");
const input = dialog?.querySelector(".search-input");
const results = dialog?.querySelector("[data-search-results]");
const took = dialog?.querySelector("[data-search-took]");
const PAUSE = 350; // milliseconds without a key
let timer, asked = 0, sent = null;

const options = () => [...results.querySelectorAll('[role="option"]')];
function choose(option) {
  options().forEach((other, at) => {
    other.id ||= `search-option-${at}`;
    other.setAttribute("aria-selected", String(other === option));
    other.tabIndex = -1;
  });
  if (option) { input.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
  else input.removeAttribute("aria-activedescendant");
}

async function look() {
  if (input.value.trim() === sent) return;
  sent = input.value.trim();
  const turn = ++asked, since = performance.now();
  const url = new URL(dialog.dataset.src, location.href);
  url.searchParams.set("q", input.value);
  let html = "";
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "X-Search-Dialog": "1" }, credentials: "same-origin" });
    html = answer.ok || globalThis.portal.signedOut(answer) ? await answer.text() : '<p class="menu-note">Search is temporarily unavailable. Try again.</p>';
    if (!answer.ok) sent = null;
  } catch { sent = null; html = '<p class="menu-note">You are offline.</p>'; }
  if (turn !== asked) return;
  results.innerHTML = html;
  input.setAttribute("aria-expanded", String(options().length > 0));
  choose(options()[0]);
  if (took) took.textContent = `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

if (dialog) {
  dialog.addEventListener("portal:opened", () => { input.select(); look(); });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, PAUSE); });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(all[(now + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter" && now >= 0) {
      event.preventDefault();
      all[now].click();
    }
  });
}
