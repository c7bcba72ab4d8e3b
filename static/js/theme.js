/* [data-theme-choice=""|"light"|"dark"]: kept in a cookie, so the server draws the next page right at once. */

const root = document.documentElement;
const [cookie, secure] = location.protocol === "https:" ? ["__Host-theme", "; secure"] : ["theme", ""];

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
  const age = choice ? 31_536_000 : 0;
  document.cookie = `${cookie}=${choice}; path=/; max-age=${age}; samesite=lax${secure}`;
  draw();
});

for (const group of document.querySelectorAll("[data-theme-group]")) group.hidden = false;
draw();
