/* The overview of shortcuts, dialog#keys: what opens it is shown where scripts run, and as it opens
   it lists the keys of the page under it, [data-shortcut], as they are written on their buttons. */

const dialog = document.getElementById("keys");
const openers = document.querySelectorAll("[data-dialog=keys]");
const list = dialog?.querySelector("[data-keys-here]");

const nameOf = (key) => key.replace(/(^|\+)([a-z])$/, (_, before, letter) => before + letter.toUpperCase());

/** What a button, link or field is called, without its key and without what is for the ear only. */
function labelOf(element) {
  const named = element.getAttribute("aria-label") ?? (element.labels?.[0] ?? element).cloneNode(true);
  if (typeof named === "string") return named;
  for (const extra of named.querySelectorAll("kbd, .icon")) extra.remove();
  for (const part of named.children) part.append(" ");
  return named.textContent.replace(/\s+/g, " ").trim();
}

function row(element) {
  const item = document.createElement("li");
  item.className = "keys__row";
  const label = document.createElement("span");
  label.textContent = labelOf(element);
  const keys = document.createElement("span");
  for (const key of element.dataset.shortcut.split(/\s+/)) {
    const one = document.createElement("kbd");
    one.textContent = nameOf(key);
    keys.append(one, " ");
  }
  item.append(label, keys);
  return item;
}

function fill() {
  const shown = [...document.querySelectorAll("[data-shortcut]")].filter((element) => !dialog.contains(element));
  const first = new Map(); // of several with one key, the first is pressed
  for (const element of shown) {
    const inMenu = element.closest("details[data-menu]:not([open])");
    if (!(inMenu ?? element).checkVisibility({ visibilityProperty: true })) continue;
    if (!first.has(element.dataset.shortcut)) first.set(element.dataset.shortcut, element);
  }
  list.replaceChildren(...[...first.values()].map(row));
}

if (dialog) {
  for (const opener of openers) {
    opener.hidden = false;
    opener.addEventListener("click", fill); // before dialog.js, which listens on the document
  }
}
