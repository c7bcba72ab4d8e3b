/* A scanner presses keys, it does not send letters: with a Ukrainian layout switched on, "SN-12" arrives as "ІТ-12".
   A burst too fast for fingers that holds Cyrillic letters is read again from the keys themselves (US layout),
   and the answer to it says so. What is typed by hand the server reads in the same way (serials/keyboard.py),
   where that fits something it knows. Must load before scanbox.js. */

const FAST = 40; // ms between keys, on average; people need 80 and more
const SHIFTED = { 1: "!", 2: "@", 3: "#", 4: "$", 5: "%", 6: "^", 7: "&", 8: "*", 9: "(", 0: ")" };
const SIGNS = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Comma: ",<", Period: ".>", Slash: "/?", Backquote: "`~", Space: "  ",
};
const words = document.getElementById("script-text")?.dataset ?? {};
const readByKeys = new Set(); // texts that are not answered yet
let burst = [];

function usCharacter({ code, shiftKey }) {
  if (code.startsWith("Key")) return shiftKey ? code[3] : code[3].toLowerCase();
  if (code.startsWith("Digit")) return shiftKey ? SHIFTED[code[5]] : code[5];
  if (code.startsWith("Numpad")) return { Subtract: "-", Add: "+", Divide: "/", Multiply: "*", Decimal: "." }[code.slice(6)] ?? code.slice(6);
  return SIGNS[code]?.[shiftKey ? 1 : 0] ?? "";
}

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("form[data-scan] [name=scan]") && event.target !== document.body) return;
  if (event.key === "Backspace" || event.key === "Delete") burst = [];
  if (event.ctrlKey && event.code === "BracketRight") burst.push({ at: event.timeStamp, character: "\u001d" }); // scanbox.js types it
  else if (event.key?.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) burst.push({ at: event.timeStamp, character: usCharacter(event) });
}, true);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-scan]")) return;
  const input = event.target.elements.scan;
  const keys = burst;
  burst = [];
  if (keys.length < 4 || keys.length !== input.value.length || !/[\u0400-\u04ff]/.test(input.value)) return;
  if ((keys.at(-1).at - keys[0].at) / (keys.length - 1) >= FAST) return;
  input.value = keys.map((key) => key.character).join("");
  readByKeys.add(input.value.trim());
}, true);

document.addEventListener("scan:answered", ({ detail }) => {
  if (!readByKeys.delete(detail.scan)) return;
  const said = document.querySelector("[data-scan-result] .result__body");
  if (!said || !words.byKeys) return;
  const line = document.createElement("p");
  line.className = "result__text";
  line.textContent = words.byKeys.replace("#", detail.scan.replaceAll("\u001d", " "));
  said.append(line);
});
