/* [data-shortcut="F9 Ctrl+Enter"]: the key clicks the button or link, or focuses the input.
   Keys that type a character work only outside inputs. An open dialog keeps keys to itself. What
   is in a closed menu can be pressed by its key too.
   No module, so that it listens from the first moment: people press the key while the page is
   still coming. It is obeyed as soon as the page and all modules are there. */

"use strict";
{
  let early = []; // presses before that moment

  /** What the key press may be called: by the character it types, and by its place on the keyboard (with a Ukrainian layout "/" and "n" type other characters). */
  function namesOf(event) {
    const typed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const place = event.shiftKey ? "" : event.code === "Slash" ? "/" : (/^(?:Key|Digit)(.)$/.exec(event.code)?.[1] ?? "").toLowerCase();
    const shift = event.shiftKey && event.key.length > 1 ? "Shift+" : ""; // "?" already holds its Shift
    const held = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + shift;
    return [typed, place].filter(Boolean).map((key) => held + key);
  }

  const keysOf = (element) => element.dataset.shortcut.split(/\s+/).map((key) => (key.length === 1 ? key.toLowerCase() : key.replace(/\+(.)$/, (_, one) => `+${one.toLowerCase()}`)));
  const seen = (element) => element.checkVisibility({ visibilityProperty: true });
  const visible = (element) => seen(element.closest("details[data-menu]:not([open]) > :not(summary)")?.parentElement.querySelector("summary") ?? element);
  const typesCharacter = (event) => event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;

  function obey(event) {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]") && !event.target.matches("[type=checkbox], [type=radio], [type=button]");
    if (typing && typesCharacter(event)) return;

    const scope = [...document.querySelectorAll("dialog[open]")].pop() ?? document;
    const wanted = namesOf(event);
    const found = [...scope.querySelectorAll("[data-shortcut]")].find((element) => keysOf(element).some((key) => wanted.includes(key)) && visible(element));
    if (!found) return;
    event.preventDefault();
    if (event.repeat) return;
    if (found.matches("input:not([type=submit], [type=button], [type=checkbox], [type=radio]), select, textarea")) {
      found.focus();
      found.select?.();
    } else if (!found.disabled && found.getAttribute("aria-disabled") !== "true") {
      found.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (!event.key) return;
    if (!early) obey(event);
    else if (!typesCharacter(event)) early.push(event); // a character was meant for a field
  });

  /* Screen readers are told the key; its picture on the button is for the eyes. */
  function label(root) {
    for (const element of root.querySelectorAll("[data-shortcut]:not([aria-keyshortcuts])")) {
      element.setAttribute("aria-keyshortcuts", element.dataset.shortcut.replaceAll("Ctrl+", "Control+"));
      element.querySelector("kbd")?.setAttribute("aria-hidden", "true");
    }
  }
  document.addEventListener("htmx:load", () => label(document));

  document.addEventListener("DOMContentLoaded", () => {
    label(document);
    const pressed = early;
    early = null;
    pressed.forEach(obey);
  });
}
