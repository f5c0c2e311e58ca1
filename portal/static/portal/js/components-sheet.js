// "Mixed" is a state that only a script can give a checkbox.
document.querySelectorAll("[data-mixed]").forEach((box) => { box.indeterminate = true; });
