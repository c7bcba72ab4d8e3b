/* [data-autofocus]: takes the focus when the page opens and when it arrives in a swap. An error summary goes first. */

function focusIn(root) {
  const all = [...(root.matches?.("[data-autofocus]") ? [root] : []), ...root.querySelectorAll("[data-autofocus]")];
  const seen = all.filter((element) => element.checkVisibility());
  const target = seen.find((element) => element.matches(".error-summary")) ?? seen[0];
  target?.focus();
}

document.addEventListener("htmx:load", (event) => event.detail.elt !== document.body && focusIn(event.detail.elt));
if (!location.hash) focusIn(document);
