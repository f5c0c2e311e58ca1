// A new version goes up with its progress in bytes. Without script the form does the same and says so at the end.

const form = document.querySelector("form[data-replace]");
const size = (bytes) => (bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 1 : 0)} MB`);

form?.addEventListener("submit", (event) => {
  const [file] = form.elements.file.files;
  if (!file) return;
  event.preventDefault();
  const bar = form.querySelector("[data-replace-bar]"), said = form.querySelector("[data-replace-said]"), button = form.querySelector("[type=submit]");
  const request = new XMLHttpRequest();
  const failed = (words) => {
    bar.hidden = true;
    said.textContent = words;
    said.classList.add("bad");
    button.removeAttribute("aria-disabled");
  };
  // The file stays chosen: after signing in in another tab the same press sends it.
  const signedOut = (address) => {
    failed("You were signed out. Your file is still selected. Sign in in another tab, come back and select Replace again. ");
    const link = Object.assign(document.createElement("a"), { href: address, target: "_blank", rel: "noopener", textContent: "Sign in" });
    said.append(link);
    addEventListener("focus", () => globalThis.portal.renewForm(form), { once: true });
  };
  said.classList.remove("bad");
  button.setAttribute("aria-disabled", "true");
  bar.hidden = false;
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (now) => {
    bar.max = now.total || 1;
    bar.value = now.loaded;
    said.textContent = `${size(now.loaded)} of ${size(now.total)}`;
  });
  request.addEventListener("load", () => {
    if (request.status === 201) { location.assign(form.dataset.replace); return; }
    const out = globalThis.portal.signedOut(request);
    if (out) { signedOut(out.address); return; }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    failed([...page.querySelectorAll(".problem-box p")].slice(1).map((p) => p.textContent.trim()).join(" ") || "The upload failed. Nothing was replaced.");
  });
  request.addEventListener("error", () => failed("The connection was lost before the portal confirmed the new version. Check the versions of the document before you try again."));
  request.send(new FormData(form));
});
