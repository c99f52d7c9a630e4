// Everything works without this file. It adds five conveniences: times in the
// reader's own zone, a button that copies a new token, one that prints, a live page
// that says aloud when its state has changed, and only then, and a part of a form that
// is there only while the answer before it asks for it.
(function () {
  "use strict";

  // The server renders times in the zone of this cookie; UTC without it. A zone
  // that the reader chose in the settings is never overwritten.
  function rememberZone() {
    if (/(?:^|; )hf_zone=/.test(document.cookie)) return;
    var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) return;
    var secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "hf_zone=" + encodeURIComponent(zone) + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  }

  // Buttons that need this file are hidden until it is here.
  function reveal() {
    document.querySelectorAll("[data-print]").forEach(function (b) { b.hidden = false; });
    if (!navigator.clipboard) return;
    document.querySelectorAll("[data-copy]").forEach(function (b) { b.hidden = false; });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-print], [data-copy]");
    if (!button) return;
    if (button.hasAttribute("data-print")) {
      window.print();
      return;
    }
    var source = document.getElementById(button.getAttribute("data-copy"));
    navigator.clipboard.writeText(source.textContent.trim()).then(function () {
      button.textContent = "Copied";
    });
  });
  document.addEventListener("htmx:afterSwap", reveal);

  function sayState() {
    var live = document.getElementById("live"), says = document.getElementById("live-says");
    if (!live || !says || live.dataset.says === says.dataset.says) return;
    says.dataset.says = live.dataset.says;
    says.textContent = live.dataset.says + ". " + live.dataset.answer;
  }
  document.addEventListener("htmx:afterSwap", sayState);

  // A preview that fails says so in its place; a live page just asks again.
  function sayFailed(event) {
    var place = event.detail.target;
    if (!place || (place.id !== "preview" && place.id !== "simulation")) return;
    place.textContent = "No figures could be had now. Nothing was changed; try again in a moment.";
  }
  document.addEventListener("htmx:responseError", sayFailed);
  document.addEventListener("htmx:sendError", sayFailed);

  // What is not asked for is neither shown nor sent.
  function suit() {
    document.querySelectorAll("[data-only-if]").forEach(function (part) {
      var asked = part.getAttribute("data-only-if").split("=");
      var answer = part.form.elements[asked[0]];
      part.hidden = part.disabled = answer.value !== asked[1];
    });
  }
  document.addEventListener("change", suit);

  rememberZone();
  reveal();
  suit();
})();
