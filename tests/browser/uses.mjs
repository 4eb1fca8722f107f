// A browser and an ordinary home's address in, what people do there and what did not work out.

import { contextOf, heardOf, problemsOf } from "./chromium.mjs";
import { runOn } from "./served.mjs";

const RUN_MS = 240_000;

// Something that has to be so; the message says what is not.
function must(holds, message) {
  if (!holds) throw new Error(message);
}

async function opened(browser, url, path, more = {}) {
  const context = await contextOf(browser, "desktop", "light", more);
  const page = await context.newPage();
  const heard = heardOf(page, (asked) => asked.startsWith(`${url}/`));
  await page.goto(url + path);
  return { page, heard, close: () => context.close() };
}

function using(path, steps, more) {
  return async (browser, url, pages) => {
    const { page, heard, close } = await opened(browser, url, path, more);
    try {
      await steps(page, url, pages, browser);
      return heard;
    } finally {
      await close();
    }
  };
}

const texts = (page, selector) =>
  page.locator(selector).evaluateAll((all) => all.map((each) => each.textContent.trim()));
const keys = (page) =>
  page.locator("tbody tr[data-key]").evaluateAll((rows) => rows.map((row) => row.dataset.key));
const counted = async (page) =>
  Number((await page.locator("h2.count").textContent()).replace(/\D/g, ""));
const visible = (page, selector) => page.locator(selector).first().isVisible();

async function filters(page, url, pages, browser) {
  const all = await counted(page);
  const choice = page.locator("#filters select").first();
  const name = await choice.getAttribute("name");
  const value = await choice.locator("option:not([value=''])").first().getAttribute("value");
  await choice.selectOption(value);
  await page.waitForURL((at) => at.searchParams.get(name) === value);
  const some = await counted(page);
  must(some > 0 && some < all, `${some} of ${all} after ${name}=${value}`);
  // Who is sent the address sees the same.
  const { page: other, close } = await opened(browser, url, page.url().slice(url.length));
  must(String(await keys(other)) === String(await keys(page)), "the address shows another table");
  must((await other.locator(`#filters select[name="${name}"]`).inputValue()) === value, "unset");
  await close();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("#csv").click(),
  ]);
  const lines = await linesOf(download);
  must(lines.length === some + 1, `${lines.length} lines of CSV for ${some} rows`);
  await page.locator("#filters a.clear").click();
  must((await counted(page)) === all, "the filters can't be taken away");
}

async function linesOf(download) {
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
}

async function searches(page) {
  const [wanted] = await keys(page);
  await page.locator("#q").fill(wanted);
  await page.locator("#q").press("Enter");
  await page.waitForURL((at) => at.searchParams.get("q") === wanted);
  must(String(await keys(page)) === wanted, `${wanted} finds ${await keys(page)}`);
  await page.locator("#q").fill("nothing is called that");
  await page.locator("#q").press("Enter");
  await page.waitForURL((at) => at.search.includes("nothing"));
  must(await visible(page, "p.empty"), "nothing found, and nothing said of it");
}

async function sorts(page) {
  const column = "health_score";
  for (const direction of ["ascending", "descending"]) {
    const head = page.locator(`th:has(a[data-sort="${column}"])`);
    // The table may come in this order already.
    if ((await head.getAttribute("aria-sort")) !== direction) {
      await head.locator("a").click();
      await page.waitForURL((at) => at.searchParams.has("sort"));
    }
    const now = await head.getAttribute("aria-sort");
    const scores = (await texts(page, "td.k-score b")).filter((each) => /\d/.test(each)).map(Number);
    const sign = now === "ascending" ? 1 : -1;
    const is = scores.every((each, at) => at === 0 || sign * (each - scores[at - 1]) >= 0);
    must(scores.length > 2 && is, `${now}: ${scores.slice(0, 8)}`);
    must(now === direction, `sorted ${now}, not ${direction}`);
  }
}

async function drillsDown(page, url) {
  // From the fleet to a device that it calls unwell; to one that has alerts, to the newest of them.
  const unwell = page.locator("#worst tbody a[href^='/devices/']").first();
  const path = await unwell.getAttribute("href");
  await unwell.click();
  await page.waitForURL(url + path);
  must((await page.locator("main").getAttribute("data-page")) === "device", "that is no device");
  await page.goto(`${url}/`);
  await page.locator("#worst a[href^='/devices']:not(tbody a)").first().click();
  await page.waitForURL(/\/devices/);
  for (let turns = 0; turns < 2; turns += 1) {
    const head = page.locator("th:has(a[data-sort='open_alerts'])");
    if ((await head.getAttribute("aria-sort")) === "descending") break;
    await head.locator("a").click();
    await page.waitForLoadState("load");
  }
  await page.locator(".listing tbody a[href^='/devices/']").first().click();
  await page.waitForURL(/\/devices\/./);
  const device = page.url();
  const alert = page.locator("#alerts tbody a[href^='/alerts/']").first();
  const its = await alert.getAttribute("href");
  await alert.click();
  await page.waitForURL(url + its);
  must((await page.locator("main").getAttribute("data-page")) === "alert", "that is no alert");
  await page.goBack();
  must(page.url() === device, `back at ${page.url()}`);
}

async function choosesReadings(page, url, pages) {
  await page.goto(url + pages.device);
  for (const range of ["day", "all"]) {
    await page.locator(`#ranges [data-range="${range}"]`).click();
    await page.waitForURL((at) => at.searchParams.get("range") === range);
    await page.locator("#readings canvas").first().waitFor();
    const told = await page.locator(`#ranges [data-range="${range}"]`).getAttribute("aria-current");
    must(told === "true", `${range} is not marked`);
  }
  const drawing = page.locator("#readings .plot");
  must((await drawing.getAttribute("aria-label")).length > 20, "the chart says nothing in words");
}

async function reachesByKeyboard(page, url) {
  await page.keyboard.press("Tab");
  must(await page.locator("a.skip").evaluate((it) => it === document.activeElement), "no skip link");
  must(await page.locator("a.skip").evaluate(isInSight), "the skip link is not in sight");
  await page.keyboard.press("Enter");
  must((await page.evaluate(() => document.activeElement.id)) === "main", "it skips nothing");
  await page.goto(`${url}/devices`);
  const reached = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const it = document.activeElement;
      const style = getComputedStyle(it);
      const ring = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
      const name = it.id || it.dataset.sort || it.name || it.getAttribute("href") || it.className;
      return { name, shows: ring || style.boxShadow !== "none", tag: it.tagName };
    });
    must(at.shows, `focus is not to be seen on ${at.tag} ${at.name}`);
    reached.push(at.name);
    if (/^\/devices\/./.test(at.name)) break;
  }
  for (const name of ["/", "/alerts", "/quality", "theme", "q", "csv", "health_score"]) {
    must(reached.includes(name), `Tab does not reach ${name}: ${reached}`);
  }
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/devices\/./);
}

// By the browser: not moved out of the window, nor of no size.
function isInSight(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return width > 1 && height > 1 && left >= 0 && top >= 0;
}

async function turnsColours(page) {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  for (let turns = 0; turns < 3 && (await ground()) === before; turns += 1) {
    await page.locator("#theme").click();
  }
  const after = await ground();
  must(after !== before, `the colours stay ${before}`);
  await page.reload();
  must((await ground()) === after, "the choice is forgotten");
  const found = await problemsOf(page);
  must(!found.length, found.join("; "));
}

async function showsOwnTimes(page) {
  const told = await page.locator("main time:not([data-of='ago'])").first().evaluate((it) => {
    const hours = (zone) =>
      new Date(it.dateTime).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    return { text: it.textContent, title: it.title, own: hours("Asia/Tokyo"), utc: hours("UTC") };
  });
  must(told.text.includes(told.own), `${told.text} is not ${told.own}, as in Tokyo`);
  must(told.title.includes("UTC") && told.title.includes(told.utc), `on hover: "${told.title}"`);
}

async function worksWithoutScripts(page, url) {
  for (const path of ["/", "/devices?sort=-health_score", "/quality"]) {
    await page.goto(url + path);
    must((await texts(page, "main time")).every((each) => each.includes("UTC")), `${path}: no UTC`);
    must((await page.locator("h1").textContent()).length > 3, `${path} is empty`);
  }
}

async function opensSecondTab(page, url) {
  // From another site's name for this machine: DNS that was turned over.
  const answer = await page.request.get(url, { headers: { host: "evil.example" } });
  must(answer.status() === 400, `evil.example is answered ${answer.status()}`);
  const post = await page.request.post(url);
  must(post.status() === 405, `POST is answered ${post.status()}`);
}

export const USES = {
  "a filter narrows the table, its address and its CSV": using("/devices", filters),
  "a search finds one, and says when it finds none": using("/devices", searches),
  "a table sorts both ways by its head": using("/devices", sorts),
  "from the fleet to a device to an alert, and back": using("/", drillsDown),
  "a device's readings are chosen by time": using("/", choosesReadings),
  "all of it is reached by keyboard, in sight": using("/", reachesByKeyboard),
  "the colours turn, stay, and can be read": using("/", turnsColours),
  "times are the viewer's, UTC on hover": using("/devices", showsOwnTimes, {
    timezoneId: "Asia/Tokyo",
  }),
  "without scripts it is a page, in UTC": using("/", worksWithoutScripts, {
    javaScriptEnabled: false,
  }),
  "another host's name, and a change, are refused": using("/", opensSecondTab),
};

// Somebody looks at a page while more files land and a run takes them in.
export async function live(browser, url, home) {
  const { page, heard, close } = await opened(browser, url, "/devices");
  try {
    const token = () => page.locator("#as-of").getAttribute("data-token");
    const readings = () => page.locator("main").textContent();
    const [before, shown] = [await token(), await readings()];
    await page.locator("#q").focus();
    await page.evaluate(() => {
      window.isStillHere = true;
      window.scrollTo(0, 300);
    });
    const ended = runOn(home);
    await page.waitForFunction(
      (was) => document.getElementById("as-of").dataset.token !== was,
      before,
      { timeout: RUN_MS },
    );
    must(await page.evaluate(() => window.isStillHere), "the page was loaded anew");
    must((await page.evaluate(() => document.activeElement.id)) === "q", "focus is lost");
    must((await page.evaluate(() => window.scrollY)) === 300, "it scrolled away");
    must((await readings()) !== shown, "the run is named, and nothing else is new");
    must((await page.locator("#news").textContent()).length > 0, "a screen reader hears nothing");
    must((await ended) === 0, `the run ended with ${await ended}`);
    return heard;
  } finally {
    await close();
  }
}
