// When a session has ended, or a page is older than the last sign-in, answers name the way on: X-Continue-At.
// portal.signedOut(response) gives { address, draftKept } for a fetch Response or an XMLHttpRequest, else null.
// portal.renewForm(form) brings this page's form up to date after signing in in another tab: "ok", "signed-out" or "other person".

const header = (answer, name) => (answer.headers ? answer.headers.get(name) : answer.getResponseHeader(name));
const userOf = (form) => form.elements.form_user?.value.split(":")[0];

function signedOut(answer) {
  if (answer.status !== 401 && answer.status !== 403) return null;
  const address = header(answer, "X-Continue-At");
  return address ? { address, draftKept: header(answer, "X-Draft-Kept") === "1" } : null;
}

async function renewForm(form) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || new URL(answer.url).pathname !== location.pathname) return "signed-out";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = [...page.forms].find((other) => other.getAttribute("action") === form.getAttribute("action") && other.elements.form_user);
  if (!fresh) return "signed-out";
  if (userOf(fresh) !== userOf(form)) return "other person";
  for (const name of ["csrfmiddlewaretoken", "form_user"]) form.elements[name].value = fresh.elements[name].value;
  return "ok";
}

globalThis.portal = { ...globalThis.portal, signedOut, renewForm };
