/* [data-address]: a page that answers a form at another address (a refused posting, a first scan) stands under its own, so that reloading shows it and sends nothing twice. */

const own = document.querySelector("[data-address]")?.dataset.address;
if (own && own !== location.pathname) history.replaceState(history.state, "", own);
