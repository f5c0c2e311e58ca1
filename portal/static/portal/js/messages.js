// Messages: their clock runs 8 s and stops under the pointer or the focus; errors ([data-stays]) stay until closed.
// Any script or HX-Trigger header may say something: portal:message {title, more, tone, action, actionUrl}.

const shelf = document.getElementById("messages");

function clock(message) {
  if (message.hasAttribute("data-stays")) return;
  let left = 8000, since = Date.now(), timer;
  const run = () => { since = Date.now(); timer = setTimeout(() => message.remove(), left); };
  const hold = () => { clearTimeout(timer); left = Math.max(2500, left - (Date.now() - since)); };
  for (const name of ["pointerenter", "focusin"]) message.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) message.addEventListener(name, run);
  run();
}

const glyphs = {
  error: '<circle cx="10" cy="10" r="7.25"/><path d="M10 6.5v4"/><circle class="solid" cx="10" cy="13.4" r=".95"/>',
  warning: '<path d="M10 3.25 17.75 16.5H2.25L10 3.25ZM10 8v4"/><circle class="solid" cx="10" cy="14.25" r=".85"/>',
  success: '<path d="m4 10.5 4 4 8-9"/>',
  info: '<circle cx="10" cy="10" r="7.25"/><path d="M10 9.5v4"/><circle class="solid" cx="10" cy="6.6" r=".95"/>',
  close: '<path d="m5 5 10 10M15 5 5 15"/>',
};
const glyph = (name, size = 16) => `<svg class="icon" width="${size}" height="${size}" viewBox="0 0 20 20" aria-hidden="true">${glyphs[name] || glyphs.info}</svg>`;

function say({ title, more = "", tone = "success", action = "", actionUrl = "" }) {
  if (!shelf || !title) return;
  const same = [...shelf.querySelectorAll(".message-title")].some((other) => other.textContent === title);
  if (same) return; // a list that asks again and again says it once
  const message = document.createElement("div");
  message.className = `message message-${tone}`;
  message.dataset.message = "";
  if (tone === "error") { message.setAttribute("role", "alert"); message.dataset.stays = ""; }
  message.innerHTML = `${glyph(tone)}<div><p class="message-title"></p><p class="message-more"></p></div><span></span><button class="icon-button" type="button" data-message-close aria-label="Close this message">${glyph("close", 14)}</button>`;
  message.querySelector(".message-title").textContent = title;
  message.querySelector(".message-more").textContent = more;
  if (!more) message.querySelector(".message-more").remove();
  if (action && actionUrl) {
    const link = document.createElement("a");
    link.className = "button button-accent button-small";
    link.href = actionUrl;
    link.textContent = action;
    message.querySelector("span").replaceWith(link);
  }
  shelf.append(message);
  clock(message);
}

document.addEventListener("portal:message", (event) => say(event.detail));
document.addEventListener("click", (event) => event.target.closest("[data-message-close]")?.closest("[data-message]")?.remove());
shelf?.querySelectorAll("[data-message]").forEach(clock);

// An htmx request that failed says so in the words of the answer; the page it leaves behind stays as it was.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (elt.closest("[data-own-errors]")) return;
  const box = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".problem-box");
  const [, title, ...more] = [...(box?.querySelectorAll("p") || [])].filter((line) => !line.querySelector("a")).map((line) => line.textContent.trim());
  const address = xhr.getResponseHeader("X-Continue-At");
  if (address) say({ tone: "error", title, more: more.join(" "), action: xhr.status === 401 ? "Sign in" : "Open again", actionUrl: address });
  else if (title) say({ tone: "error", title, more: more.join(" ") });
  else say({ tone: "error", title: "Something went wrong", more: `Nothing was changed. Try again; if it fails again, quote ${xhr.getResponseHeader("X-Request-ID") || new URL(xhr.responseURL).pathname}.` });
});
document.addEventListener("htmx:sendError", () => say({ tone: "error", title: "You are offline", more: "Nothing was sent. Try again when you are online." }));
