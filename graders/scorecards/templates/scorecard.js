(() => {
  const checks = all(".checks > .check");
  const search = document.getElementById("search");
  const toggles = all("button.filter");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = toggles.filter((toggle) => toggle.getAttribute("aria-pressed") === "true");
    let shown = 0;
    for (const check of checks) {
      const text = check.textContent.toLowerCase();
      const fits = !wanted.length || wanted.some((toggle) => check.classList.contains(toggle.value));
      check.hidden = !(fits && words.every((word) => text.includes(word)));
      shown += check.hidden ? 0 : 1;
    }
    for (const task of all(".task")) task.hidden = !all(".checks > .check", task).some((check) => !check.hidden);
    document.getElementById("no-match").hidden = shown > 0;
    tell(search.dataset.shown.replace("{count}", shown).replace("{all}", checks.length));
  };

  search?.addEventListener("input", filter);
  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      toggle.setAttribute("aria-pressed", String(toggle.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }

  const expand = document.getElementById("expand");
  expand?.addEventListener("click", () => {
    const open = expand.getAttribute("aria-expanded") !== "true";
    for (const details of all(".checks details:not(.hint)")) details.open = open;
    expand.setAttribute("aria-expanded", String(open));
    expand.textContent = open ? expand.dataset.less : expand.dataset.more;
  });
})();
