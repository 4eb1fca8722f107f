// Before anything is drawn: the colours that were chosen here last time.
(() => {
  const chosen = localStorage.getItem("iot-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  document.documentElement.classList.add("js");
})();
