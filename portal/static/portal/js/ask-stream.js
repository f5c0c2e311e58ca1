// Asks without leaving the page and follows the answer while it is written. Without this script the same form posts and the whole
// answer comes back. <form data-ask> (also [data-composer-again]) asks; [data-turn][data-answering] is followed by its data-events,
// after a reload as well; when it has ended, data-whole brings it as the server shows it.

const one = (selector, root = document) => root.querySelector(selector);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const wide = matchMedia("(min-width: 1280px)");
const follows = { "X-Follows": "1", "HX-Request": "true" };
const parse = (html) => { const template = document.createElement("template"); template.innerHTML = html; return template.content; };
let now = null; // the answer being written

const spoken = document.createElement("p");
spoken.className = "sr-only";
spoken.setAttribute("aria-live", "polite");
one("main").append(spoken);
const say = (words) => { spoken.textContent = words; };

// The composer while an answer is written: Stop in place of Ask.
function composing(busy) {
  const form = one("[data-ask]");
  if (!form) return;
  one(".send", form).hidden = busy;
  one("[data-stop]", form).hidden = !busy;
  const hint = one("[data-composer-hint]", form);
  hint.replaceChildren();
  const key = document.createElement("kbd");
  key.textContent = busy ? "Esc" : "Enter";
  hint.append(key, busy ? " to stop" : " to ask");
  const box = one("[data-question-box]", form);
  box.placeholder = busy ? "Write the next question while you wait" : "Ask a follow-up";
}
function note(words, link) {
  const place = one("[data-composer-note]");
  if (!place) return;
  place.hidden = !words;
  one("span", place).textContent = words;
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = link;
  anchor.textContent = "Sign in";
  one("span", place).append(" ", anchor);
}

// The empty page becomes a conversation.
function makeRoom() {
  const empty = one("[data-ask-empty]");
  if (!empty) return;
  const dock = one("[data-composer-dock]");
  one(".reading", dock).append(one("[data-ask]"));
  dock.hidden = false;
  one("[data-turns]").hidden = false;
  const header = one("[data-ask-header]");
  if (header) header.hidden = false;
  empty.remove();
}

async function ask(form) {
  if (now) return;
  const box = one("[data-question-box]", form);
  const sent = new FormData(form);
  note("");
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: sent, headers: follows });
  } catch {
    note("You are offline. Your question is still here. Ask it again when you are online.");
    return;
  }
  const out = globalThis.portal.signedOut(response);
  if (out?.draftKept) { location.assign(out.address); return; } // the question is in the box again after it
  if (out) { note("You were signed out. Your question is still here; copy it before you sign in.", out.address); return; }
  const content = parse(await response.text());
  const turn = one("[data-turn]", content);
  if (!response.ok || !turn) {
    const said = [...content.querySelectorAll("h1, h2, p, .message-title, .message-more")].map((part) => part.textContent.trim()).filter(Boolean);
    note(said.slice(0, 3).join(" ") || "Something went wrong. Your question is still here. Try again.");
    return;
  }
  if (box) { box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })); }
  makeRoom();
  one("[data-turns]").append(turn);
  const address = response.headers.get("X-Conversation");
  if (address && address !== location.pathname) history.pushState({}, "", address);
  const conversation = address?.match(/conversations\/([0-9a-f-]+)/)?.[1];
  const asking = one("[data-ask]");
  if (conversation && !one('[name="conversation"]', asking)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "conversation", value: conversation });
    asking.append(input);
  }
  const list = one("#history");
  if (list && window.htmx) window.htmx.ajax("GET", `${list.dataset.historyUrl}?current=${conversation}`, { target: list, swap: "innerHTML" });
  follow(turn);
  turn.scrollIntoView({ block: "start" });
  one("[data-question-box]", asking).focus({ preventScroll: true });
}

class Following {
  constructor(turn) {
    this.turn = turn;
    this.answer = one("[data-writing]", turn);
    this.list = one("[data-steps-list]", turn);
    this.line = one("[data-steps-line]", turn);
    this.scroll = turn.closest(".scroll");
    this.began = Date.now();
    this.steps = [];
    this.clear();
    this.slow = setTimeout(() => { if (!this.points.length) one("[data-steps]", turn).open = true; }, 2000);
    this.source = new EventSource(turn.dataset.events);
    for (const kind of ["step", "token", "part", "citation", "sentence", "withdrawn", "done", "retry"]) {
      this.source.addEventListener(kind, (event) => this[kind](JSON.parse(event.data)));
    }
    // The server's own "error" has data; the browser's, for a broken connection, has none.
    this.source.addEventListener("error", (event) => (event.data ? this.failed() : this.lost()));
    this.source.addEventListener("open", () => note(""));
    composing(true);
    say("Searching");
  }

  clear() {
    this.points = [];  // the text so far by code point: that is what places are counted in
    this.told = 0;
    this.citations = new Map();
    this.answer.replaceChildren();
    this.place = null;
    this.label = ""; // of the part of the question that is being answered
    this.tail = document.createElement("span");
    this.caret = document.createElement("span");
    this.caret.className = "caret";
    this.evidence()?.replaceChildren();
  }

  evidence(make = false) {
    const id = this.turn.dataset.answer;
    const sets = one("[data-evidence-sets]");
    let own = sets && one(`[data-evidence-for="${id}"]`, sets);
    if (!own && make && sets) {
      own = document.createElement("div");
      own.dataset.evidenceFor = id;
      sets.append(own);
    }
    return own;
  }

  atEnd(change) {
    const box = this.scroll;
    const follow = box && box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    change();
    if (follow) box.scrollTop = box.scrollHeight;
  }

  step(step) {
    this.steps.push(step.text);
    const item = document.createElement("li");
    const said = document.createElement("span");
    said.textContent = step.detail || step.text;
    const took = document.createElement("span");
    took.className = "took";
    took.textContent = step.seconds ? `${step.seconds.toFixed(1)} s` : "";
    const icon = one(`[data-step-icon="${step.key}"]`, this.turn)?.content.firstElementChild.cloneNode(true);
    item.append(icon || document.createElement("span"), said, took);
    this.list.append(item);
    this.progress(step.key === "read" ? "writing" : "searching");
  }

  progress(doing) {
    const now = document.createElement("strong");
    now.textContent = doing;
    const seconds = `${((Date.now() - this.began) / 1000).toFixed(1)} s`;
    this.line.replaceChildren(this.steps.join(" · "), this.steps.length ? " · " : "", now, ` · ${seconds}`);
  }

  // Where the next sentence stands: the first alone, items in a list, the others in a paragraph, or in the row of their part.
  paragraph(item, label = "") {
    const kind = !this.place ? "first" : item ? "list" : "text";
    if (this.place?.kind !== kind || this.place.label !== label) {
      const row = label && kind !== "first" && this.row(label);
      const element = kind === "text" && row || document.createElement(kind === "list" ? "ul" : "p");
      if (kind === "first") element.className = "answer-first";
      if (kind === "list") element.className = "answer-list";
      if (element !== row) (row || this.answer).append(element);
      this.place = { kind, element, label: kind === "first" ? null : label };
    }
    if (kind !== "list") return this.place.element;
    const line = document.createElement("li");
    this.place.element.append(line);
    return line;
  }

  // The value of a part, beside its label; rows follow each other in one list.
  row(label) {
    let list = this.answer.lastElementChild;
    if (!list?.matches(".answer-parts")) { list = document.createElement("dl"); list.className = "answer-parts"; this.answer.append(list); }
    const last = list.lastElementChild;
    if (last?.firstElementChild.textContent === label) return last.lastElementChild;
    const pair = document.createElement("div");
    pair.append(document.createElement("dt"), document.createElement("dd"));
    pair.firstElementChild.textContent = label;
    list.append(pair);
    return pair.lastElementChild;
  }

  part({ label }) { this.label = label; }

  token({ text }) {
    if (!this.points.length) { clearTimeout(this.slow); this.progress("writing"); say("Writing"); }
    this.points.push(...text);
    if (!still.matches) this.atEnd(() => this.showTail());
  }

  showTail() {
    const rest = this.points.slice(this.told).join("").replace(/^\s+(- )?/, "");
    const next = !this.place || this.place.kind === "first" && this.place.element.hasChildNodes() && this.told;
    if (!this.tail.isConnected || next) {
      const row = this.place && this.label && this.row(this.label);
      const holder = row || (this.place?.kind === "text" && this.place.label === "" ? this.place.element : this.holder || (this.holder = document.createElement("p")));
      if (holder === this.holder) { holder.className = this.place ? "" : "answer-first"; this.answer.append(holder); }
      holder.append(this.tail, this.caret);
    }
    this.tail.textContent = this.tail.previousSibling ? ` ${rest}` : rest;
  }

  sentence({ end, text, citations, supported, claims, label }) {
    this.atEnd(() => {
      this.tail.remove(); this.caret.remove(); this.holder?.remove();
      const item = text.startsWith("- ");
      const place = this.paragraph(item, label);
      const found = citations.map((number) => this.citations.get(number)).filter(Boolean);
      if (place.hasChildNodes()) place.append(" ");
      place.append(globalThis.portal.cited(item ? text.slice(2) : text, found));
      if (claims && !supported) {
        const open = document.createElement("span");
        open.className = "cite-still cite-open";
        open.title = "No quote was found for this statement";
        open.textContent = "?";
        place.append(" ", open);
      }
      this.told = end;
      if (this.points.length > end && !still.matches) this.showTail();
    });
    const sources = citations.length ? `, source ${citations.join(" and ")}` : "";
    say(`${text.replace(/^- /, "")}${sources}`);
  }

  citation(found) {
    this.citations.set(found.number, found);
    const set = this.evidence(true);
    if (!set) return;
    const item = one("[data-evidence-template]", this.turn).content.firstElementChild.cloneNode(true);
    item.id = `evidence-${found.id}`;
    item.dataset.evidence = found.id;
    item.dataset.number = found.number;
    const number = one(".cite", item);
    number.dataset.citation = found.id;
    number.textContent = found.number;
    number.setAttribute("aria-label", `Source ${found.number}, go to its sentence`);
    one("h3", item).textContent = found.title;
    const page = one(".evidence-page", item);
    page.href = found.url;
    page.setAttribute("aria-label", `Page ${found.page}, ${found.title}`);
    one("[data-page]", item).textContent = `Page ${found.page}`;
    const dated = found.freshness === "dated" ? found.freshness_words.toLowerCase() : "";
    one(".evidence-where", item).textContent = [`Version ${found.version_number}`, found.heading, dated].filter(Boolean).join(" · ");
    const context = [...found.context];
    const at = found.start - found.context_start;
    one("[data-before]", item).textContent = context.slice(0, at).join("");
    one("[data-quote]", item).textContent = found.quote;
    one("[data-after]", item).textContent = context.slice(at + [...found.quote].length).join("");
    const fresh = one("[data-freshness]", item);
    if (found.freshness && !dated) { fresh.classList.add(`freshness-${found.freshness}`); one("[data-freshness-words]", item).textContent = found.freshness_words; } else fresh.remove();
    const basis = one("[data-basis]", item);
    if (found.basis) {
      one(/^(shared with you by|you own)/.test(found.basis) ? "[data-basis-people]" : "[data-basis-person]", basis).remove();
      one("[data-basis-words]", basis).textContent = found.basis;
    } else basis.remove();
    one(".evidence-waiting", set)?.remove();
    set.append(item, this.waiting(found.number + 1));
    if (found.number === 1 && wide.matches) document.dispatchEvent(new CustomEvent("portal:show-evidence"));
    // Its number is drawn with the sentence that follows; both come into focus together.
    setTimeout(() => document.dispatchEvent(new CustomEvent("portal:citation", { detail: { id: found.id, quiet: true } })));
  }

  waiting(number) {
    const place = document.createElement("div");
    place.className = "evidence evidence-waiting";
    const title = document.createElement("div");
    title.className = "evidence-title";
    const cite = document.createElement("span");
    cite.className = "cite-still cite-open";
    cite.textContent = number;
    const words = document.createElement("span");
    words.className = "third";
    words.textContent = "Checking the quote for the next sentence";
    title.append(cite, words);
    place.append(title, ...["w-80", "w-90", "w-40"].map((width) => { const bar = document.createElement("span"); bar.className = `skeleton ${width}`; return bar; }));
    return place;
  }

  withdrawn() { this.holder = null; this.clear(); say("The text was withdrawn."); }
  retry() { note("The portal is restarting. Your answer will appear in a moment."); }
  done() { this.finish(); }
  failed() { this.finish(); }

  lost() {
    if (this.source.readyState === EventSource.CLOSED) this.finish();
    else note(navigator.onLine ? "The connection was lost. The answer continues. Reconnecting." : "You are offline. The answer continues and will be here when you are back online.");
  }

  async finish() {
    this.source.close();
    clearTimeout(this.slow);
    one(".evidence-waiting", this.evidence() || document)?.remove();
    this.tail.remove(); this.caret.remove();
    try {
      await this.swap();
    } catch (error) {
      if (error.signedOut) note("You were signed out. Your question and its answer are saved.", error.signedOut.address);
      else note("The answer is saved. Reload the page to see all of it.");
    }
    this.turn.removeAttribute("data-answering");
    now = null;
    composing(false);
  }

  async swap() {
    const response = await fetch(this.turn.dataset.whole, { headers: follows });
    if (!response.ok) throw Object.assign(new Error(String(response.status)), { signedOut: globalThis.portal.signedOut(response) });
    const content = parse(await response.text());
    const turn = one("[data-turn]", content);
    const set = one("[data-evidence-for]", content);
    if (turn.hasAttribute("data-answering")) return;
    const focused = one(".cite.in-focus", this.turn)?.dataset.citation;
    one("[data-steps]", this.turn)?.open && one(".steps", turn)?.setAttribute("open", "");
    this.atEnd(() => this.turn.replaceWith(turn));
    const own = this.evidence();
    if (own) own.replaceWith(set); else one("[data-evidence-sets]")?.append(set);
    this.turn = turn;
    window.htmx?.process(turn);
    const receipt = one("[data-receipt]");
    if (receipt) { receipt.href = turn.dataset.receiptUrl; receipt.hidden = false; }
    const share = one("[data-share-link]");
    if (share) { share.hidden = !turn.dataset.shareUrl; share.href = share.dataset.src = turn.dataset.shareUrl || "#main"; }
    const first = focused || one(".cite[data-citation]", turn)?.dataset.citation;
    if (first) document.dispatchEvent(new CustomEvent("portal:citation", { detail: { id: first, quiet: true } }));
    const sentences = one(".support dd", turn)?.textContent.trim();
    say(`Answer complete. ${sentences || one(".answer-state-title", turn)?.textContent.trim() || ""}`);
  }

}

function follow(turn) { now = new Following(turn); }

async function stop() {
  if (!now) return;
  const token = one('[name="csrfmiddlewaretoken"]')?.value;
  try {
    const response = await fetch(now.turn.dataset.stopUrl, { method: "POST", headers: { ...follows, "X-CSRFToken": token } });
    const out = globalThis.portal.signedOut(response);
    if (out) note("You were signed out, so the answer could not be stopped. It is saved.", out.address);
  } catch {
    note("You are offline, so the answer could not be stopped.");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-ask], [data-composer-again]")) return;
  event.preventDefault();
  ask(event.target);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-stop]")) { event.preventDefault(); stop(); return; }
  const suggested = event.target.closest("[data-suggested]");
  if (!suggested || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = one("[data-ask]");
  one("[data-question-box]", form).value = suggested.firstChild.textContent.trim();
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !now || document.querySelector("dialog[open], :popover-open")) return;
  event.preventDefault();
  stop();
});
addEventListener("popstate", () => location.reload());

const running = one("[data-turn][data-answering]");
if (running) follow(running);
