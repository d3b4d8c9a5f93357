"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const scenarios = [...document.querySelectorAll(".scenario")];
  const form = document.querySelector(".filters");
  const search = byId("search");
  const tag = byId("tag");
  const verdicts = [...form.querySelectorAll("[data-verdict]")];
  const texts = new Map();

  const textOf = (scenario) => {
    if (!texts.has(scenario)) texts.set(scenario, scenario.textContent.toLowerCase());
    return texts.get(scenario);
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(verdicts.filter((b) => b.ariaPressed === "true").map((b) => b.dataset.verdict));
    let shown = 0;
    for (const scenario of scenarios) {
      const matches = wanted.has(scenario.dataset.verdict)
        && (!tag || !tag.value || scenario.dataset.tags.split(" ").includes(tag.value))
        && words.every((word) => textOf(scenario).includes(word));
      scenario.hidden = !matches;
      if (matches) shown += 1;
    }
    byId("shown").textContent = shown === scenarios.length ? "" : `${shown} of ${scenarios.length} shown`;
    byId("none").hidden = shown > 0 || scenarios.length === 0;
  };

  const reset = () => {
    search.value = "";
    if (tag) tag.value = "";
    for (const button of verdicts) button.ariaPressed = "true";
    filter();
  };

  const openAll = (open) => {
    for (const scenario of scenarios) if (!scenario.hidden) scenario.open = open;
  };

  const openTarget = () => {
    const target = location.hash.length > 1 && byId(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) reset();
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };

  for (const button of verdicts) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      filter();
    });
  }
  search.addEventListener("input", filter);
  if (tag) tag.addEventListener("change", filter);
  byId("reset").addEventListener("click", reset);
  byId("open-all").addEventListener("click", () => openAll(true));
  byId("close-all").addEventListener("click", () => openAll(false));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openTarget);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      filter();
    }
  });
  form.hidden = scenarios.length === 0;
  openTarget();
})();
