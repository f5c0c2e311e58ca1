// What was written before the session ended (tenants/requests/form_drafts.py), put back into its form. The form may come later, with htmx.

const source = document.getElementById("draft");
const { action, fields } = JSON.parse(source?.textContent || '{"fields": []}');
const names = [...new Set(fields.map(([name]) => name))];
const written = (field) => field.matches("textarea, select, input:not([type=hidden], [type=password], [type=file])");

function formOf() {
  const own = [...document.forms].filter((form) => form.method === "post" && new URL(form.action).pathname === action);
  const fits = (form) => names.filter((name) => [...form.elements].some((field) => field.name === name && written(field))).length;
  return own.filter(fits).sort((a, b) => fits(b) - fits(a))[0];
}

function fill(form) {
  let first = null;
  for (const field of form.elements) {
    const values = fields.filter(([name]) => name === field.name).map(([, value]) => value);
    if (!field.name || !written(field)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (values.length) field.value = values[0];
    else continue;
    if (values.length && field.type !== "checkbox" && field.type !== "radio") first ||= field;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  form.closest("details")?.setAttribute("open", "");
  const dialog = form.closest("dialog:not([open])");
  if (dialog) document.querySelector(`[data-opens="${CSS.escape(dialog.id)}"]`)?.click();
  (first || form).scrollIntoView({ block: "center" });
  first?.focus();
}

let done = false;
function restore() {
  const form = !done && names.length && formOf();
  if (!form) return;
  done = true;
  fill(form);
  document.querySelector("[data-draft-text]")?.remove(); // it is in its form again
}
restore();
document.addEventListener("htmx:load", restore);

// The mark has done its work; a reload, a bookmark or a link to this page is without it.
const here = new URL(location.href);
if (here.searchParams.has("kept")) {
  here.searchParams.delete("kept");
  history.replaceState(history.state, "", here);
}
