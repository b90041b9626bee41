"use strict";
// Eases what works without it: prints, shows a password, counts what is chosen and not saved, and warns before that is
// left behind.

for (const item of document.querySelectorAll("[data-print]")) {
  item.hidden = false;
  item.querySelector("button").addEventListener("click", () => print());
}

for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? "Masquer le mot de passe" : "Afficher le mot de passe";
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  // What browsers offer to remember is what is hidden when it is sent.
  field.form.addEventListener("submit", () => show(false));
}

for (const form of document.querySelectorAll("form[data-counts]")) {
  const count = form.querySelector(".count");
  const selects = [...form.querySelectorAll("select")];
  const seen = (select) => form.elements.namedItem(select.name.replace("classe.", "vue.")).value;
  const isChanged = (select) => select.value !== seen(select);
  let sent = false;

  const name = (select, value) => {
    const option = [...select.options].find((one) => one.value === value && value !== "");
    return option ? option.text.replace(" (actuelle)", "") : "sans classe";
  };
  const note = (select) => {
    if (!isChanged(select)) return "";
    if (select.value === "retrait") return "à retirer";
    return `modifié : ${name(select, seen(select))} → ${name(select, select.value)}`;
  };
  const tell = () => {
    const number = selects.filter(isChanged).length;
    count.textContent = number === 0 ? "" : number === 1 ? "1 modification" : `${number} modifications`;
    for (const select of selects) {
      select.nextElementSibling.textContent = note(select);
      select.closest("tr").classList.toggle("changed", isChanged(select));
    }
  };

  form.addEventListener("change", tell);
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", (event) => {
    if (!sent && selects.some(isChanged)) event.preventDefault();
  });
  addEventListener("pageshow", () => { sent = false; tell(); });
}
