"use strict";
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const tell = (text) => { document.getElementById("status").textContent = text; };

// What needs a script is hidden without one.
for (const tool of all("[data-tool]")) tool.hidden = false;

for (const button of all("button.copy")) {
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("code").textContent;
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A page from a file has no clipboard in some browsers; a selection can be copied in all of them.
      const range = document.createRange();
      range.selectNodeContents(button.parentElement.querySelector("code"));
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      copied = document.execCommand("copy");
    }
    tell(copied ? button.dataset.done : button.dataset.failed);
    button.classList.toggle("done", copied);
    if (copied) setTimeout(() => button.classList.remove("done"), 2000);
  });
}

// Whoever prints wants to read all of it.
addEventListener("beforeprint", () => {
  for (const details of all("details")) details.open = true;
});
