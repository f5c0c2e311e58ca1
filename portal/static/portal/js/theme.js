// The choice of theme shows at once; the form it is in keeps it. <input type="radio" name="theme" value="system|light|dark" data-theme-choice>

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-theme-choice]")) {
    const value = event.target.value;
    if (value === "light" || value === "dark") document.documentElement.dataset.theme = value;
    else delete document.documentElement.dataset.theme;
  }
  if (event.target.matches("[data-shortcuts-choice]")) {
    if (event.target.checked) delete document.documentElement.dataset.shortcuts;
    else document.documentElement.dataset.shortcuts = "off";
  }
});
