// A browser and a hostile home's address in, what ran, broke or was not shown as text out.

import { join } from "node:path";
import { contextOf, heardOf } from "./chromium.mjs";
import { drawn, looked } from "./walk.mjs";

// As hostile.py has them.
const NAMES = 12;
const LISTS = ["/", "/devices", "/alerts", "/customers", "/quality", "/runs"];

export async function walkHostile(browser, url, shots, attempt) {
  const desktop = await contextOf(browser, "desktop", "light");
  const page = await desktop.newPage();
  const links = {};
  for (const list of ["devices", "alerts", "customers"]) {
    links[list] = await hrefs(page, `${url}/${list}`, `.listing tbody a[href^='/${list}/']`);
  }
  await page.close();
  await attempt("hostile: each name has its device, alert and customer", async () => {
    const found = Object.entries(links).map(([list, all]) => `${all.length} ${list}`);
    return Object.values(links).every((all) => all.length >= NAMES) ? [] : [found.join(", ")];
  });
  for (const [list, all] of Object.entries(links)) {
    // What the simulator named is the ordinary home's.
    const named = all.filter((href) => !/\/[A-Z]+-\d+$/.test(href));
    await attempt(`hostile: every one of ${list} opens, as text`, () => visited(desktop, url, named));
  }
  await desktop.close();
  // Widths and contrast: one of each, the longest name among them.
  const longest = Object.values(links).flatMap((all) =>
    [...all].sort((one, other) => other.length - one.length).slice(0, 1),
  );
  for (const [size, scheme] of [
    ["phone", "light"],
    ["desktop", "dark"],
  ]) {
    const context = await contextOf(browser, size, scheme);
    for (const [number, path] of [...LISTS, ...longest].entries()) {
      const shot = shots && join(shots, `hostile-${number}-${size}-${scheme}`);
      await attempt(`hostile ${path.slice(0, 40)}, ${size}, ${scheme}`, () =>
        looked(context, url, path, shot),
      );
    }
    await context.close();
  }
}

// Where the links of a table lead, on all of its pages.
async function hrefs(page, from, selector) {
  const found = [];
  for (let next = from; next; ) {
    await page.goto(next);
    const here = await page
      .locator(selector)
      .evaluateAll((all) => all.map((each) => each.getAttribute("href")));
    found.push(...here);
    const more = page.locator(".pager a[rel='next']");
    next = (await more.count()) ? await more.evaluate((each) => each.href) : undefined;
  }
  return [...new Set(found)];
}

async function visited(context, url, paths) {
  const found = [];
  for (const path of paths) {
    const page = await context.newPage();
    const heard = heardOf(page, (asked) => asked.startsWith(`${url}/`));
    const answer = await page.goto(url + path);
    const told = path.slice(0, 60);
    if (answer.status() !== 200) found.push(`${told} answers ${answer.status()}`);
    await drawn(page).catch((error) => found.push(`${told}: ${error.message}`));
    found.push(...heard.map((each) => `${told}: ${each}`));
    const alive = await page.evaluate(aliveInPage);
    if (alive.length) found.push(`${told}: ${alive.join(", ")}`);
    const name = decodeURIComponent(path.split("/")[2]).slice(1, 25);
    const shown = await page.locator("main").textContent();
    // Markup has to be there as it is; what can't be shown may have a sign in its place.
    if (/^[\x20-\x7e]+$/.test(name) && !shown.includes(name)) found.push(`${told}: not shown`);
    await page.close();
  }
  return found;
}

// By the browser: elements that no template of ours makes.
function aliveInPage() {
  const own = new Set(["application/json", ""]);
  const found = [];
  for (const each of document.querySelectorAll("*")) {
    for (const { name, value } of each.attributes) {
      if (name.startsWith("on")) found.push(`${each.tagName} has ${name}`);
      // uPlot places its layers by script, which the policy allows; it reads no text of ours.
      if (name === "style" && !each.closest(".plot")) found.push(`${each.tagName} has a style`);
      if (/^\s*(javascript|data):/i.test(value) && ["href", "src", "action"].includes(name))
        found.push(`${each.tagName} leads to ${value.slice(0, 30)}`);
    }
  }
  for (const each of document.querySelectorAll("main script"))
    if (!own.has(each.type)) found.push(`a script in the page`);
  for (const each of document.querySelectorAll("main img, main iframe, main object"))
    found.push(`${each.tagName} in the page`);
  return found;
}
