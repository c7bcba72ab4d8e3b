/* [data-theme-choice=""|"light"|"dark"]: kept in the cookie "theme", so the server draws the next page right at once. */

const root = document.documentElement;

function draw() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", button.dataset.themeChoice === (root.dataset.theme ?? ""));
  }
}

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
  if (choice === undefined) return;
  if (choice) root.dataset.theme = choice;
  else delete root.dataset.theme;
  document.cookie = `theme=${choice}; path=/; max-age=${choice ? 31_536_000 : 0}; samesite=lax`;
  draw();
});

for (const group of document.querySelectorAll("[data-theme-group]")) group.hidden = false;
draw();
