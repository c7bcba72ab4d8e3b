/* details[data-menu]: one open at a time; Escape, a press outside or leaving with Tab closes it.
   Opened by a key, the focus goes into it, to what is chosen now; arrow keys go through it. */

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

const itemsOf = (menu) => [...menu.querySelectorAll(":scope > :not(summary) :is(a, button)")].filter((item) => item.checkVisibility());

document.addEventListener("click", (event) => {
  const menu = event.target.closest?.("details[data-menu]:not([open]) > summary")?.parentElement;
  if (menu && event.detail === 0) { // a key, not a pointer
    event.preventDefault();
    menu.open = true;
    const items = itemsOf(menu);
    (items.find((item) => item.matches(".menu__item[aria-current]")) ?? items[0])?.focus();
  }
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = step && event.target.closest?.("details[data-menu][open]");
  if (menu) {
    event.preventDefault();
    const items = itemsOf(menu);
    items.at((items.indexOf(event.target) + step) % items.length)?.focus();
  }
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
