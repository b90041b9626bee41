"use strict";
// Eases a search that works without it: shows while one types what the button would.

const PAUSE = 200;

for (const form of document.querySelectorAll("form[data-search]")) {
  let asked = new AbortController();
  let pause;

  const show = async () => {
    asked.abort();
    asked = new AbortController();
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const answer = await fetch(address, { signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-found]")) {
        const found = page.getElementById(part.id);
        if (found) part.replaceChildren(...found.childNodes);
      }
    } catch {
      // Something else was typed meanwhile, or there is no network: the button is still there.
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(show, PAUSE);
  });
}
