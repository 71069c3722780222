"use strict";
const form = document.getElementById("filters");
const articles = [...document.querySelectorAll("article")];
const shown = document.getElementById("shown");
const words = new Map(articles.map((a) => [
  a, [...a.querySelectorAll("mark")].map((m) => m.textContent).join(" ").toLowerCase(),
]));
function apply() {
  const { verdict, source, text, plain } = form.elements;
  const wanted = text.value.trim().toLowerCase();
  let count = 0;
  for (const article of articles) {
    const keep = (!verdict.value || article.dataset.verdict === verdict.value)
      && (!source.value || article.dataset.sources.split(" ").includes(source.value))
      && (!plain.checked || !article.dataset.explained)
      && words.get(article).includes(wanted);
    article.hidden = !keep;
    count += keep ? 1 : 0;
  }
  shown.textContent = `${count} of ${articles.length} entries`;
}
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
apply();
