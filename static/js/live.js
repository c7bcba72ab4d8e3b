/* [data-live]: asks the server again and again, but only while the page can be seen.
   [data-calm]: is not changed under the hand of somebody who points at it or works in it; what came
   meanwhile is shown when they are done. */

const canHover = matchMedia("(hover: hover)");
const isBusy = (element) => element.matches(":focus-within") || (canHover.matches && element.matches(":hover"));
let behind = false; // something calm was left as it was
let asked = null; // the calm element somebody pressed a button in: it is changed by the answer

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.matches("[data-live]") && document.hidden) event.preventDefault();
  else if (elt.matches("[data-calm]") && isBusy(elt)) {
    behind = true;
    event.preventDefault();
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  asked = event.detail.requestConfig?.elt?.closest("[data-calm]") ?? null;
});

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target } = event.detail;
  if (!target?.matches("[data-calm]") || !isBusy(target) || target === asked) return;
  behind = true;
  event.detail.shouldSwap = false;
});

/** Everything anew: as if the page had seen nothing so far. */
function catchUp() {
  const live = document.querySelector("[data-live]");
  if (!live || document.hidden) return;
  behind = false;
  const version = document.getElementById("live-version");
  if (version) version.value = "";
  htmx.trigger(live, "live:now");
}

function calmDown() {
  if (behind && ![...document.querySelectorAll("[data-calm]")].some(isBusy)) catchUp();
}

for (const sign of ["pointerout", "focusout"]) document.addEventListener(sign, () => setTimeout(calmDown, 0));
document.addEventListener("visibilitychange", () => document.hidden || htmx.trigger(document.querySelector("[data-live]") ?? document.body, "live:now"));
