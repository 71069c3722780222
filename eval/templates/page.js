"use strict";
const form = document.getElementById("filters");
const items = [...document.querySelectorAll("#errors > li[data-kind]")];
const shown = document.getElementById("shown");
function apply() {
  const { kind, tag, text } = form.elements;
  const wanted = text.value.trim().toLowerCase();
  let count = 0;
  for (const item of items) {
    const keep = (!kind.value || item.dataset.kind === kind.value)
      && (!tag.value || item.dataset.tags.split("|").includes(tag.value))
      && item.textContent.toLowerCase().includes(wanted);
    item.hidden = !keep;
    count += keep ? 1 : 0;
  }
  shown.textContent = `${count} of ${items.length} errors`;
}
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
apply();
