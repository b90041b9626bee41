"use strict";
// Eases what works without it: counts what is chosen and not saved, and warns before it is left behind.

for (const item of document.querySelectorAll("[data-print]")) {
  item.hidden = false;
  item.querySelector("button").addEventListener("click", () => print());
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
