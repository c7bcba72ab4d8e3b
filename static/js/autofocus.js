/* [data-autofocus]: takes the focus when the page opens and when it arrives in a swap; with a
   selector as its value it hands the focus to what that finds. An error summary goes first, then who names another. */

function focusIn(root) {
  const all = [...(root.matches?.("[data-autofocus]") ? [root] : []), ...root.querySelectorAll("[data-autofocus]")];
  const seen = all.filter((element) => element.checkVisibility());
  const target = seen.find((element) => element.matches(".error-summary")) ?? seen.find((element) => element.dataset.autofocus) ?? seen[0];
  const named = target?.dataset.autofocus && document.querySelector(target.dataset.autofocus);
  (named || target)?.focus();
}

document.addEventListener("htmx:load", (event) => event.detail.elt !== document.body && focusIn(event.detail.elt));
if (!location.hash) focusIn(document);
