// A list that changes by itself: while a row says data-working, its state is asked for again and swapped in place.
// Nothing moves: only [data-live] cells and the coverage change, and never under the focus. New documents come on top.
// The page is never reloaded for a new document: files that wait in upload.js exist in this page alone.

const list = document.querySelector("[data-live-list]");
const often = 1200, seldom = 6000; // milliseconds; slower when nothing changed for a while
let pause = often, timer, asking = false, ended = false;

function address(ids) {
  const url = new URL(list.dataset.liveUrl, location.href);
  ids.forEach((id) => url.searchParams.append("ids", id));
  url.searchParams.set("administers", list.dataset.administers);
  return url;
}

async function fetched(ids) {
  const answer = await fetch(address(ids), { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  const out = globalThis.portal.signedOut(answer);
  if (out) {
    ended = true;
    document.dispatchEvent(new CustomEvent("portal:message", { detail: { tone: "error", title: "You were signed out.", more: "The list no longer updates.", action: "Sign in", actionUrl: out.address } }));
  }
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function swapRow(old, fresh) {
  let changed = false;
  for (const cell of old.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${cell.dataset.live}"]`);
    if (!other || other.innerHTML === cell.innerHTML || cell.contains(document.activeElement)) continue;
    cell.innerHTML = other.innerHTML;
    changed = true;
  }
  old.toggleAttribute("data-working", fresh.hasAttribute("data-working"));
  return changed;
}

function swapCoverage(page) {
  const old = document.querySelector("[data-coverage]"), fresh = page.querySelector("[data-coverage]");
  if (old && fresh && old.innerHTML !== fresh.innerHTML) { old.innerHTML = fresh.innerHTML; old.hidden = fresh.hidden; }
  const count = document.querySelector("[data-total-documents]");
  if (count && fresh && count.textContent !== fresh.dataset.total) count.textContent = fresh.dataset.total;
}

const rowOf = (id) => list.querySelector(`[data-document="${CSS.escape(id)}"]`);
const working = () => [...list.querySelectorAll("[data-working]")].map((row) => row.dataset.document).slice(0, 100);

async function look() {
  clearTimeout(timer);
  const ids = working();
  if (ended) return;
  if (!ids.length || document.hidden || asking) { if (ids.length) timer = setTimeout(look, pause); return; }
  asking = true;
  try {
    const page = await fetched(ids);
    let changed = false;
    page.querySelectorAll("[data-document]").forEach((fresh) => { changed = swapRow(rowOf(fresh.dataset.document), fresh) || changed; });
    swapCoverage(page);
    pause = changed ? often : Math.min(seldom, pause * 1.4);
  } catch { pause = seldom; }
  asking = false;
  timer = setTimeout(look, pause);
}

let arrived = [], soon;

// Files of one drop arrive several in a second: their rows are asked for together.
function add(id) {
  if (!list) return;
  arrived.push(id);
  soon ||= setTimeout(addArrived, 300);
}

async function addArrived() {
  const ids = arrived.splice(0, 100);
  soon = arrived.length ? setTimeout(addArrived, 300) : undefined;
  const page = await fetched(ids).catch(() => null);
  if (!page) return;
  for (const fresh of [...page.querySelectorAll("[data-document]")].reverse()) {
    const known = rowOf(fresh.dataset.document);
    if (known) { swapRow(known, fresh); continue; }
    list.prepend(document.importNode(fresh, true));
    window.htmx?.process(list.firstElementChild);
  }
  if (list.querySelector("[data-document]")) {
    document.querySelector("[data-without-rows]")?.remove();
    document.querySelectorAll("[data-with-rows]").forEach((part) => { part.hidden = false; });
  }
  swapCoverage(page);
  pause = often;
  look();
}

// upload.js says when a file has arrived
document.addEventListener("portal:document-added", (event) => add(event.detail.id));
document.addEventListener("visibilitychange", () => { if (!document.hidden && list) { pause = often; look(); } });
if (list) timer = setTimeout(look, often);
