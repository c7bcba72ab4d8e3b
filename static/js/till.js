/* The till's lock screen, form[data-till]: a digit chooses the person, the next ones are the PIN,
   which is sent once it is complete. No module, so that no key is lost while the page still comes. */

"use strict";
{
  let early = []; // keys pressed before the page is there

  const form = () => document.querySelector("form[data-till]");
  const pin = () => document.getElementById("id_pin");
  const chosen = () => form().querySelector("[name=person]:checked");

  function sendWhenComplete() {
    const digits = Number(chosen()?.dataset.digits);
    if (digits && pin().value.length >= digits && !("sent" in form().dataset)) {
      form().dataset.sent = "";
      form().requestSubmit();
    }
  }

  function type(digit) {
    if (chosen()) {
      pin().value += digit;
      pin().focus();
      sendWhenComplete();
      return;
    }
    const person = form().querySelector(`[data-key="${digit}"]`);
    person?.click();
    if (person?.matches("input")) pin().focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !early && chosen()) {
      chosen().checked = false; // somebody else after all
      pin().value = "";
      pin().blur();
      return;
    }
    if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (early) early.push(event.key);
    else if (event.target.matches?.("#id_pin") && chosen()) return;
    else type(event.key);
    event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const keys = early;
    early = null;
    if (!form()) return;
    form().addEventListener("change", (event) => {
      if (event.target.matches("[name=person]")) {
        pin().value = "";
        pin().focus();
      }
    });
    pin().addEventListener("input", sendWhenComplete);
    if (chosen()) pin().focus();
    keys.forEach(type);
  });
  addEventListener("pageshow", () => form() && delete form().dataset.sent);
}
