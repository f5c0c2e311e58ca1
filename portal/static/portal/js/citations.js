// Keeps sentence, number and evidence moving together.
// A number is .cite[data-citation=ID]; its sentence .said[data-said~=ID]; its proof [data-evidence=ID] inside [data-evidence-for=ANSWER];
// an answer is [data-turn][data-answer]. Others may ask for a citation by the event portal:citation {id, quiet}.

const panel = () => document.querySelector("[data-evidence-panel]");
const narrow = matchMedia("(max-width: 767.98px)");
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const byId = (id, kind) => `[data-${kind}="${CSS.escape(id)}"]`;
let now = null;

const turnOf = (element) => element?.closest("[data-turn]");
const numbersIn = (root) => all(".cite[data-citation]", root).filter((cite) => !cite.closest("[data-evidence], .card"));

function showSet(turn) {
  const sets = all("[data-evidence-for]");
  const wanted = sets.find((set) => set.dataset.evidenceFor === turn?.dataset.answer);
  if (wanted) sets.forEach((set) => { set.hidden = set !== wanted; });
  const shown = wanted || sets.find((set) => !set.hidden);
  const count = document.querySelector("[data-evidence-count]");
  if (count && shown) {
    const items = all("[data-evidence]", shown);
    const at = items.findIndex((item) => item.dataset.evidence === now);
    count.textContent = narrow.matches && at >= 0 ? `${at + 1} of ${items.length}` : String(items.length || "");
    all("[data-citation-previous]").forEach((button) => button.setAttribute("aria-disabled", String(at <= 0)));
    all("[data-citation-next]").forEach((button) => button.setAttribute("aria-disabled", String(at >= items.length - 1)));
  }
}

function focus(id, { from = null, open = false, say = false, scrollAnswer = false } = {}) {
  if (!id) return;
  now = id;
  const cites = all(`.cite${byId(id, "citation")}`);
  const spoken = cites.filter((cite) => turnOf(cite) && !cite.closest("[data-evidence]"));
  const chosen = (from && spoken.includes(from) ? from : null) || spoken[0];
  const turn = turnOf(chosen);
  all(".cite.in-focus").forEach((cite) => cite.classList.toggle("in-focus", cites.includes(cite)));
  cites.forEach((cite) => cite.classList.add("in-focus"));

  const last = chosen?.closest(".bound");
  const marked = new Set();
  if (last) {
    last.querySelectorAll(".said").forEach((part) => marked.add(part));
    let before = last.previousElementSibling;
    if (before?.matches(".said") && before.dataset.said === last.querySelector(".said")?.dataset.said) marked.add(before);
  }
  all(".said.is-marked").forEach((part) => part.classList.toggle("is-marked", marked.has(part)));
  marked.forEach((part) => part.classList.add("is-marked"));

  const proof = document.querySelector(`[data-evidence-panel] ${byId(id, "evidence")}`) || document.querySelector(byId(id, "evidence"));
  all("[data-evidence].is-focus").forEach((item) => item.classList.toggle("is-focus", item === proof));
  proof?.classList.add("is-focus");
  showSet(turn);
  if (open) document.dispatchEvent(new CustomEvent("portal:show-evidence"));
  if (proof && !panel()?.hidden) proof.scrollIntoView({ block: "nearest" });
  if (scrollAnswer) (chosen || marked.values().next().value)?.scrollIntoView({ block: "nearest" });
  const link = proof?.querySelector(".evidence-page");
  const foot = document.querySelector("[data-sheet-open]");
  if (foot) {
    foot.hidden = !link;
    if (link) { foot.href = link.href; foot.textContent = `Open ${link.textContent.trim().toLowerCase()}`; }
  }
  const status = document.querySelector("[data-citation-status]");
  if (say && status && chosen) status.textContent = chosen.getAttribute("aria-label");
}

// Walking goes by number within an answer, and on to the next answer at its end.
function walk(by) {
  const order = [];
  for (const cite of numbersIn(document)) if (turnOf(cite) && !order.includes(cite.dataset.citation)) order.push(cite.dataset.citation);
  if (!order.length) return;
  const at = order.indexOf(now);
  const next = order[Math.max(0, Math.min(order.length - 1, at + by))];
  focus(next, { open: true, say: true, scrollAnswer: true });
}

document.addEventListener("click", (event) => {
  const cite = event.target.closest(".cite[data-citation]");
  if (cite) {
    hideCard();
    const inProof = Boolean(cite.closest("[data-evidence]"));
    focus(cite.dataset.citation, { from: inProof ? null : cite, open: true, scrollAnswer: inProof });
    return;
  }
  if (event.target.closest("[data-citation-next]")) return walk(1);
  if (event.target.closest("[data-citation-previous]")) return walk(-1);
  const proof = event.target.closest("[data-evidence]");
  if (proof && !event.target.closest("a, button, details") && !getSelection().toString()) focus(proof.dataset.evidence, { scrollAnswer: true });
  const said = event.target.closest(".said[data-said]");
  if (said && matchMedia("(pointer: coarse)").matches) focus(said.dataset.said.split(" ")[0], { from: null, open: true });
});
document.addEventListener("portal:key", ({ detail }) => { if (detail.key === "]") walk(1); else if (detail.key === "[") walk(-1); });
document.addEventListener("portal:citation", ({ detail }) => focus(detail.id, { open: !detail.quiet }));

// The card: after 150 ms under the pointer, at once with the keyboard; it can be pointed at, and Esc takes it away.
const card = document.createElement("div");
card.className = "card";
card.id = "citation-card";
card.setAttribute("popover", "manual");
card.setAttribute("role", "tooltip");
let timer = null, shownFor = null;

function hideCard() {
  clearTimeout(timer);
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
  if (card.isConnected && card.matches(":popover-open")) card.hidePopover();
}
function showCard(cite) {
  const proof = document.querySelector(byId(cite.dataset.citation, "evidence"));
  if (!proof || cite.closest("[data-evidence]")) return;
  const copy = proof.cloneNode(true);
  card.replaceChildren(...copy.childNodes);
  card.querySelectorAll("[id]").forEach((part) => part.removeAttribute("id"));
  card.querySelectorAll("button, a").forEach((part) => { const still = document.createElement("span"); still.className = part.className; still.append(...part.childNodes); if (part.matches(".cite")) still.classList.replace("cite", "cite-still"); part.replaceWith(still); });
  card.querySelectorAll(".cite-still, .quote").forEach((part) => part.classList.add("in-focus"));
  if (!card.isConnected) document.body.append(card);
  if (!card.matches(":popover-open")) card.showPopover();
  const at = cite.getBoundingClientRect();
  const box = card.getBoundingClientRect();
  const below = at.bottom + 6 + box.height < innerHeight - 8;
  card.style.position = "fixed";
  card.style.left = `${Math.max(8, Math.min(at.left - 16, innerWidth - box.width - 8))}px`;
  card.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - box.height - 6)}px`;
  shownFor = cite;
  cite.setAttribute("aria-describedby", card.id);
}
const spoken = (event) => { const cite = event.target.closest?.(".cite[data-citation]"); return cite && !cite.closest("[data-evidence]") ? cite : null; };
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const cite = spoken(event);
  if (cite) { if (cite !== shownFor) { clearTimeout(timer); timer = setTimeout(() => showCard(cite), 150); } else clearTimeout(timer); }
  else if (event.target.closest?.(".card")) clearTimeout(timer);
  else { clearTimeout(timer); if (shownFor && document.activeElement !== shownFor) timer = setTimeout(hideCard, 150); }
});
document.addEventListener("focusin", (event) => { const cite = spoken(event); if (cite?.matches(":focus-visible")) showCard(cite); else if (shownFor && !event.target.closest(".card")) hideCard(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && shownFor) { event.preventDefault(); event.stopPropagation(); hideCard(); } }, true);
addEventListener("scroll", () => { if (shownFor) hideCard(); }, { capture: true, passive: true });

// On a phone the sheet is swiped from one citation to the next.
let startX = null, startY = null;
document.addEventListener("touchstart", (event) => { if (event.target.closest(".evidence-body")) { startX = event.touches[0].clientX; startY = event.touches[0].clientY; } }, { passive: true });
document.addEventListener("touchend", (event) => {
  if (startX === null) return;
  const x = event.changedTouches[0].clientX - startX, y = event.changedTouches[0].clientY - startY;
  startX = null;
  if (narrow.matches && Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(y)) walk((x < 0) === (document.documentElement.dir !== "rtl") ? 1 : -1);
});

// Where the address names a citation, that one; else the first of the last answer. Later ones are looked after as they arrive.
function start() {
  const named = location.hash.startsWith("#evidence-") ? location.hash.slice(10) : null;
  const turns = all("[data-turn]").filter((turn) => numbersIn(turn).length);
  const first = named || numbersIn(turns.at(-1) || document)[0]?.dataset.citation;
  if (first) focus(first, { open: Boolean(named) });
}
start();
const body = document.querySelector("[data-evidence-panel] .evidence-body");
if (body) new MutationObserver(() => showSet(now ? turnOf(numbersIn(document).find((cite) => cite.dataset.citation === now)) : null)).observe(body, { childList: true, subtree: true });

// The same markup as templates/_cited.html, for text that arrives by stream: portal.cited("Up to €6,000.", [{id, number, title, page}]).
globalThis.portal = Object.assign(globalThis.portal || {}, {
  cited(text, citations = []) {
    const words = text.trim();
    const cut = words.lastIndexOf(" ") + 1;
    const ids = citations.map((citation) => citation.id).join(" ");
    const part = (content) => { const span = document.createElement("span"); span.className = "said"; span.dataset.said = ids; span.textContent = content; return span; };
    const fragment = document.createDocumentFragment();
    if (cut) fragment.append(part(words.slice(0, cut)));
    const bound = document.createElement("span");
    bound.className = "bound";
    bound.append(part(words.slice(cut)));
    for (const { id, number, title, page } of citations) {
      const cite = document.createElement("button");
      cite.type = "button";
      cite.className = "cite";
      cite.dataset.citation = id;
      cite.setAttribute("aria-label", `Source ${number}, ${title}${page ? `, page ${page}` : ""}`);
      cite.textContent = number;
      bound.append(cite);
    }
    fragment.append(bound);
    return fragment;
  },
});
