// Files dropped or chosen go up one after the other, each with its own progress in bytes, a cancel and a reason when it fails.
// Without script the zone is a plain form with a file field and a button.

const zone = document.querySelector("[data-upload]");
const form = zone?.querySelector("form");
const field = form?.querySelector("input[type=file]");
const limit = Number(zone?.dataset.limit || 0);
const piece = Number(zone?.dataset.piece || 0); // larger files go in pieces, and can go on where they stopped
const AT_ONCE = 2;
const files = []; // {file, row, sent, size, state: waiting|sending|done|failed|cancelled, request}

const size = (bytes) => {
  if (bytes < 1000) return `${bytes} bytes`;
  for (const unit of ["kB", "MB", "GB"]) {
    bytes /= 1000;
    if (bytes < 999.5 || unit === "GB") return `${bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`;
  }
  return "";
};
const part = (row, name) => row.querySelector(`[data-${name}]`);
const say = (words) => { zone.querySelector("[data-upload-said]").textContent = words; };

function rowFor(entry) {
  const row = zone.querySelector("template[data-upload-row]").content.firstElementChild.cloneNode(true);
  part(row, "name").textContent = entry.file.name;
  row.querySelector("progress").setAttribute("aria-label", entry.file.name);
  part(row, "bytes").textContent = size(entry.size);
  const cancel = part(row, "cancel");
  cancel.setAttribute("aria-label", `Cancel ${entry.file.name}`);
  cancel.addEventListener("click", () => stop(entry));
  zone.querySelector("[data-upload-files]").append(row);
  return row;
}

function offer(place, words, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-link";
  button.textContent = words;
  button.addEventListener("click", act);
  place.append(" ", button);
}

function again(entry) {
  part(entry.row, "note").hidden = true;
  entry.state = "waiting";
  entry.sent = 0;
  entry.row.classList.remove("is-failed");
  glyph(entry, "file");
  cancelWords(entry, "Cancel");
  next();
}

function note(entry, words, retry) {
  const place = part(entry.row, "note");
  place.textContent = words;
  place.hidden = !words;
  if (!retry) return;
  if (!entry.kept) return offer(place, "Upload it again", () => again(entry));
  offer(place, "Continue", () => again(entry));
  offer(place, "Start again", async () => { await discard(entry); again(entry); });
}

function cancelWords(entry, verb) {
  const button = part(entry.row, "cancel");
  button.setAttribute("aria-label", `${verb} ${entry.file.name}`);
}

function glyph(entry, name) {
  const template = zone.querySelector(`template[data-glyph-${name}]`);
  if (template) part(entry.row, "glyph").replaceChildren(template.content.cloneNode(true));
}

function failed(entry, words, retry = true) {
  entry.state = "failed";
  entry.row.classList.add("is-failed");
  if (!entry.kept) {
    entry.row.querySelector("progress").value = 0;
    part(entry.row, "bytes").textContent = size(entry.size);
  }
  glyph(entry, "failed");
  cancelWords(entry, "Remove from the list");
  note(entry, words, retry);
  say(`${entry.file.name}: ${words}`);
}

function stop(entry) {
  const sending = entry.state === "sending";
  if (sending || entry.upload) {
    entry.state = "cancelled";
    entry.request?.abort();
    discard(entry);
    if (sending) say(`${entry.file.name} was cancelled. If it was already uploaded, it is in the list.`);
  }
  else if (entry.state === "waiting") entry.state = "cancelled";
  leave(entry);
  next();
}

function leave(entry) {
  const had = entry.row.contains(document.activeElement);
  entry.row.remove();
  files.splice(files.indexOf(entry), 1);
  if (had) (zone.querySelector("[data-upload-files] [data-cancel]") || field).focus();
  total();
}

function open(entry, address) {
  const request = new XMLHttpRequest();
  entry.request = request;
  request.open("POST", address);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-Form-User", form.elements.form_user.value);
  request.addEventListener("error", () => { broken(entry); next(); });
  return request;
}

function progress(entry, sent) {
  entry.sent = Math.min(entry.size, sent);
  const bar = entry.row.querySelector("progress");
  bar.max = entry.size || 1;
  bar.value = entry.sent;
  part(entry.row, "bytes").textContent = `${size(entry.sent)} of ${size(entry.size)}`;
  total();
}

function broken(entry) {
  if (entry.kept) progress(entry, entry.kept);
  const whole = entry.size > 0 && entry.sent >= entry.size; // the answer was lost, so nobody here knows
  const kept = entry.kept ? "The uploaded part is stored for 24 hours." : whole ? "It may be uploaded: check the list before you upload it again." : "Nothing was saved. The other files are not affected.";
  failed(entry, `The upload stopped after ${size(entry.sent)} of ${size(entry.size)}. ${kept}`);
  entry.broken = true;
}

// Asks where to go on, then sends piece after piece. Whatever the server has is never sent twice.
function sendPieces(entry) {
  const data = new FormData();
  data.append("collection", form.elements.collection.value);
  data.append("filename", entry.file.name);
  data.append("size", entry.size);
  data.append("stamp", entry.file.lastModified);
  entry.state = "sending";
  entry.broken = false;
  const request = open(entry, zone.dataset.piecesUrl);
  request.addEventListener("load", () => {
    if (request.status !== 201) { answered(entry, request); return next(); }
    const { upload, received } = JSON.parse(request.responseText);
    entry.upload = upload;
    entry.kept = received;
    zone.querySelector(`[data-unfinished="${CSS.escape(upload)}"]`)?.remove();
    if (received) { note(entry, `Continuing after ${size(received)}.`); say(`${entry.file.name} continues after ${size(received)}.`); }
    nextPiece(entry);
  });
  request.send(data);
}

function nextPiece(entry) {
  const at = entry.kept;
  const request = open(entry, `${zone.dataset.piecesUrl}${entry.upload}/?at=${at}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => progress(entry, at + event.loaded));
  request.addEventListener("load", () => {
    if (entry.state !== "sending") return;
    if (request.status === 202 || (request.status === 409 && request.responseText.startsWith("{"))) {
      entry.kept = JSON.parse(request.responseText).received;
      return nextPiece(entry);
    }
    if (pauseIfSignedOut(entry, request)) return;
    if (request.status !== 201 && (request.status >= 500 || request.status === 429)) broken(entry);
    else { entry.upload = entry.kept = undefined; answered(entry, request); }
    next();
  });
  request.send(entry.file.slice(at, at + piece));
}

async function discard(entry) {
  const upload = entry.upload;
  entry.upload = entry.kept = undefined;
  if (!upload) return;
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "HX-Request": "true" };
  await fetch(`${zone.dataset.piecesUrl}${upload}/discard/`, { method: "POST", headers }).catch(() => {});
}

function send(entry) {
  if (piece && entry.size > piece) return sendPieces(entry);
  const data = new FormData();
  data.append("collection", form.elements.collection.value);
  data.append("file", entry.file, entry.file.name);
  entry.state = "sending";
  const request = open(entry, form.action);
  request.upload.addEventListener("progress", (event) => progress(entry, event.loaded));
  request.addEventListener("load", () => { answered(entry, request); next(); });
  request.send(data);
}

// The files exist in this page alone: signing in happens in another tab, and the uploads go on here after it.
let signInAt = "";

function pauseIfSignedOut(entry, request) {
  const out = globalThis.portal.signedOut(request);
  if (!out) return false;
  entry.state = "waiting";
  signInAt = out.address;
  progress(entry, entry.kept || 0);
  showPause("You were signed out. Your files are still on this page. Sign in in another tab, and the uploads continue.");
  return true;
}

function showPause(words) {
  const box = zone.querySelector("[data-upload-paused]");
  box.querySelector("[data-upload-paused-words]").textContent = words;
  box.querySelector("a").href = signInAt;
  box.hidden = false;
  total();
}

async function resume() {
  if (!signInAt) return;
  const how = await globalThis.portal.renewForm(form);
  if (how === "signed-out") return;
  if (how === "other person") return showPause("You are signed in as someone else now. Sign in with your own account in another tab to continue.");
  signInAt = "";
  zone.querySelector("[data-upload-paused]").hidden = true;
  next();
}

function answered(entry, request) {
  if (pauseIfSignedOut(entry, request)) return;
  if (request.status === 201) {
    const { id, what, title } = JSON.parse(request.responseText);
    entry.state = "done";
    progress(entry, entry.size);
    note(entry, "");
    glyph(entry, "done");
    part(entry.row, "bytes").textContent = size(entry.size);
    cancelWords(entry, "Remove from the list");
    const words = { replaced: "Uploaded as a new version of the document with that name", unchanged: "The same file already exists, so nothing was changed" }[what];
    if (words) note(entry, words);
    say(`${title} was uploaded and is being read.`);
    document.dispatchEvent(new CustomEvent("portal:document-added", { detail: { id } }));
    if (!words) setTimeout(() => { if (files.includes(entry)) leave(entry); }, 2500);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const said = [...page.querySelectorAll(".problem-box p")].slice(1).map((p) => p.textContent.trim()).join(" ");
  failed(entry, said || `The upload failed (error ${request.status}). Nothing was saved.`, request.status >= 500 || request.status === 429);
}

const going = () => files.filter((entry) => ["waiting", "sending"].includes(entry.state));

// Other scripts do not reload or leave the page while <html data-uploading>; they wait for portal:uploads-ended.
function uploading(now) {
  const root = document.documentElement;
  if (root.hasAttribute("data-uploading") === now) return;
  root.toggleAttribute("data-uploading", now);
  if (!now) document.dispatchEvent(new CustomEvent("portal:uploads-ended"));
}

function total() {
  const box = zone.querySelector("[data-upload-total]");
  box.hidden = going().length === 0;
  uploading(!box.hidden);
  if (box.hidden) return;
  const counted = files.filter((entry) => entry.state !== "failed");
  const sent = counted.reduce((sum, entry) => sum + entry.sent, 0), all = counted.reduce((sum, entry) => sum + entry.size, 0);
  const now = counted.find((entry) => entry.state === "sending");
  if (signInAt) box.querySelector("[data-total-count]").textContent = `Paused: ${counted.filter((entry) => entry.state !== "done").length} left`;
  else box.querySelector("[data-total-count]").textContent = `Uploading ${counted.filter((entry) => entry.state === "done").length + 1} of ${counted.length}`;
  box.querySelector("[data-total-name]").textContent = now?.file.name || "";
  box.querySelector("[data-total-bytes]").textContent = `${size(sent)} of ${size(all)}`;
  const bar = box.querySelector("[data-total-bar]");
  bar.max = all || 1;
  bar.value = sent;
}

function next() {
  total();
  if (signInAt) return;
  const sending = files.filter((entry) => entry.state === "sending").length;
  files.filter((entry) => entry.state === "waiting").slice(0, Math.max(0, AT_ONCE - sending)).forEach(send);
}

function take(chosen) {
  for (const file of chosen) {
    const entry = { file, sent: 0, size: file.size, state: "waiting" };
    entry.row = rowFor(entry);
    files.push(entry);
    if (limit && file.size > limit) failed(entry, `Larger than ${Math.round(limit / 1048576)} MB, which is the limit of this portal. Split it and upload the parts.`, false);
    else if (!file.size) failed(entry, "The file is empty: it has 0 bytes. Save it again where it was made, and upload that copy.", false);
  }
  next();
}

if (zone) {
  form.querySelector("[data-without-script]").hidden = true;
  zone.querySelector("[data-drop-words]").hidden = false;
  zone.classList.add("has-script");
  field.required = false;
  field.addEventListener("change", () => { take([...field.files]); field.value = ""; });
  form.addEventListener("submit", (event) => event.preventDefault());
  zone.querySelector("[data-cancel-all]").addEventListener("click", () => going().forEach(stop));
  document.querySelectorAll("[data-chooses-files]").forEach((link) => link.addEventListener("click", (event) => { event.preventDefault(); field.click(); }));
  // The whole page takes the drop, so that a file that misses the zone does not replace the page.
  let over = 0;
  const holds = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  addEventListener("dragenter", (event) => { if (holds(event)) { over++; form.classList.add("is-over"); } });
  addEventListener("dragleave", (event) => { if (holds(event) && --over <= 0) { over = 0; form.classList.remove("is-over"); } });
  addEventListener("dragover", (event) => { if (holds(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    over = 0;
    form.classList.remove("is-over");
    take([...event.dataTransfer.files]);
  });
  zone.querySelector("[data-upload-continue]").addEventListener("click", resume);
  addEventListener("focus", resume);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) resume(); });
  addEventListener("online", () => files.filter((entry) => entry.broken && entry.state === "failed").forEach(again));
  addEventListener("beforeunload", (event) => { if (going().length) event.preventDefault(); });
}
