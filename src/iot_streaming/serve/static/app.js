// Times in the viewer's zone, colours by choice, filters that apply themselves, and news: when
// another run has published, the page fetches itself and takes over what is new.
(() => {
  "use strict";
  const POLL_MS = 3000;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const dated = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  });

  function ago(seconds) {
    if (seconds < 0) return "now";
    if (seconds < 90) return `${Math.round(seconds)} s ago`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
    if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
    return `${Math.round(seconds / 86400)} days ago`;
  }

  function showTimes(within) {
    for (const time of within.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (time.dataset.of === "ago") time.textContent = ago((Date.now() - at) / 1000);
      else time.textContent = dated.format(at);
    }
    document.documentElement.dataset.zone = zone;
  }

  // Colours: as the system has them, light, dark.
  const THEMES = ["", "light", "dark"];
  const NAMES = { "": "as the system has them", light: "light", dark: "dark" };
  function showTheme(button) {
    const now = document.documentElement.dataset.theme || "";
    button.hidden = false;
    button.setAttribute("aria-label", `Colours: ${NAMES[now]}`);
    button.title = `Colours: ${NAMES[now]}`;
  }
  function turnTheme(button) {
    const now = document.documentElement.dataset.theme || "";
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem("iot-theme", next);
    showTheme(button);
    window.iotCharts.draw(document);
  }

  // A GET form leaves empty fields out of the URL and goes when a choice is made.
  function submit(form) {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    const told = query.toString();
    location.assign(told ? `${form.getAttribute("action")}?${told}` : form.getAttribute("action"));
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select")) submit(event.target.form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".filters")) return;
    event.preventDefault();
    submit(event.target);
  });

  // What a viewer did to the page must outlive its content.
  function places() {
    const path = (element) => {
      const steps = [];
      for (let at = element; at && at.id !== "main"; at = at.parentElement) {
        steps.unshift([...at.parentElement.children].indexOf(at));
      }
      return steps;
    };
    const main = document.getElementById("main");
    const focused = main.contains(document.activeElement) ? document.activeElement : null;
    return {
      open: [...main.querySelectorAll("details[open]")].map(path),
      scrolled: [...main.querySelectorAll(".table")].map((each) => [each.scrollLeft, each.scrollTop]),
      focus: focused && focused !== main && { path: path(focused), id: focused.id, value: focused.value },
      top: window.scrollY,
    };
  }
  function restore(kept) {
    const main = document.getElementById("main");
    const at = (steps) => steps.reduce((element, step) => element && element.children[step], main);
    for (const steps of kept.open) {
      const details = at(steps);
      if (details && details.tagName === "DETAILS") details.open = true;
    }
    main.querySelectorAll(".table").forEach((each, number) => {
      if (kept.scrolled[number]) [each.scrollLeft, each.scrollTop] = kept.scrolled[number];
    });
    if (kept.focus) {
      const back = (kept.focus.id && document.getElementById(kept.focus.id)) || at(kept.focus.path);
      if (back) {
        if (back.matches("input")) back.value = kept.focus.value;
        back.focus({ preventScroll: true });
      }
    }
    window.scrollTo({ top: kept.top, behavior: "instant" });
  }

  async function renew() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    // Also what went wrong is a page; it is shown when the viewer asks for it.
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = fresh.getElementById("main");
    const state = fresh.getElementById("as-of");
    if (!main || !state) return false;
    const kept = places();
    document.getElementById("main").replaceChildren(...main.childNodes);
    document.getElementById("main").dataset.page = main.dataset.page;
    document.getElementById("as-of").replaceWith(state);
    document.title = fresh.title;
    showTimes(document);
    window.iotCharts.draw(document);
    restore(kept);
    state.classList.add("is-new");
    document.getElementById("news").textContent = "The page shows a newer run.";
    return true;
  }

  let asking = false;
  async function look() {
    const state = document.getElementById("as-of");
    if (!state || asking || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch("/as-of", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const { token } = await answer.json();
      state.classList.remove("is-lost");
      if (token && token !== state.dataset.token) await renew();
    } catch {
      state.classList.add("is-lost");
    } finally {
      asking = false;
    }
  }

  showTimes(document);
  const button = document.getElementById("theme");
  showTheme(button);
  button.addEventListener("click", () => turnTheme(button));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    window.iotCharts.draw(document);
  });
  window.iotCharts.draw(document);
  setInterval(look, POLL_MS);
  setInterval(() => showTimes(document.getElementById("top")), 1000);
  document.addEventListener("visibilitychange", look);
})();
