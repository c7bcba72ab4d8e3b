/* [data-reveal="id"] shows and hides what is typed in a password field; [data-copy="id"] copies a field. */

const words = document.getElementById("script-text")?.dataset ?? {};
const buttons = document.querySelectorAll("[data-reveal], [data-copy]");

for (const button of buttons) button.hidden = "copy" in button.dataset && !navigator.clipboard;

function say(button, text) {
  button.firstChild.textContent = text;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-reveal], [data-copy]");
  const field = button && document.getElementById(button.dataset.reveal ?? button.dataset.copy);
  if (!field) return;
  if ("copy" in button.dataset) {
    await navigator.clipboard.writeText(field.value);
    say(button, words.copied ?? "");
    return;
  }
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  say(button, (shown ? words.hide : words.show) ?? "");
});

// A password is sent as one: browsers do not offer texts that were typed before.
document.addEventListener("submit", () => {
  for (const button of document.querySelectorAll("[data-reveal]")) {
    const field = document.getElementById(button.dataset.reveal);
    if (field) field.type = "password";
  }
}, true);
