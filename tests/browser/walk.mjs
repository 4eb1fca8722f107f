// A folder with an ordinary and a hostile home in, whether `iot serve` holds up over them out; and
// docs/index.html, which `iot docs` made of one.
//
//   node walk.mjs FOLDER [--shots DIR] [--images DIR]
//
// --shots leaves every page as it looked; --images takes the few that the documentation shows, and
// does nothing else.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { contextOf, Findings, heardOf, problemsOf, SCHEMES, SIZES, withBrowser } from "./chromium.mjs";
import { dictionary } from "./dictionary.mjs";
import { walkHostile } from "./hostile.mjs";
import { served } from "./served.mjs";
import { takeImages } from "./images.mjs";
import { live, USES } from "./uses.mjs";

// Each page of the ordinary home, by the link that leads there.
async function pagesOf(browser, url) {
  const context = await contextOf(browser, "desktop", "light");
  const page = await context.newPage();
  const first = async (path) => {
    await page.goto(url + path);
    const link = page.locator(`.listing tbody a[href^='${path}/']`).first();
    return link.getAttribute("href", { timeout: 5000 });
  };
  const pages = {
    fleet: "/",
    devices: "/devices",
    device: await first("/devices"),
    alerts: "/alerts",
    alert: await first("/alerts"),
    customers: "/customers",
    customer: await first("/customers"),
    quality: "/quality",
    runs: "/runs",
    run: await first("/runs"),
    missing: "/devices/nobody-has-this",
  };
  await context.close();
  return pages;
}

// A page in one size and scheme: what is wrong with it as it comes and unfolded.
export async function looked(context, url, path, shot) {
  const page = await context.newPage();
  const heard = heardOf(page, (asked) => asked.startsWith(`${url}/`));
  const answer = await page.goto(url + path);
  const missing = answer.status() === 404;
  await drawn(page);
  if (shot) await page.screenshot({ path: `${shot}.png`, fullPage: true });
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  const found = await problemsOf(page);
  // Of a page that is not there the browser itself says so, as an error.
  const said = heard.filter((each) => !missing || !each.includes("status of 404"));
  const head = await page.locator("h1").count();
  if (head !== 1) found.push(`has ${head} h1`);
  if (!missing && answer.status() !== 200) found.push(`answers ${answer.status()}`);
  const policy = answer.headers()["content-security-policy"] ?? "";
  if (!policy.includes("default-src 'none'") || policy.includes("unsafe"))
    found.push(`policy: ${policy}`);
  await page.close();
  return [...said, ...found];
}

// Until every chart with numbers has a drawing.
export async function drawn(page) {
  await page
    .waitForFunction(
      () =>
        [...document.querySelectorAll("[data-chart]:has(script) .plot")].every((each) =>
          each.querySelector("canvas"),
        ),
      undefined,
      { timeout: 10_000 },
    )
    .catch(() => {
      throw new Error("a chart was not drawn within 10 s");
    });
}

const words = process.argv.slice(2);
function option(name) {
  const at = words.indexOf(name);
  if (at < 0) return undefined;
  const folder = resolve(words.splice(at, 2)[1]);
  mkdirSync(folder, { recursive: true });
  return folder;
}
const shots = option("--shots");
const images = option("--images");
const [folder] = words;
if (!folder) throw new Error("no folder with homes");

const findings = new Findings();
async function attempt(what, work) {
  const began = performance.now();
  const found = await work().catch((error) => [error.message.split("\n").slice(0, 4).join(" | ")]);
  findings.tell(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`, found);
}

const ordinary = await served(join(folder, "ordinary"));
const hostile = await served(join(folder, "hostile"));
try {
  await withBrowser(async (browser) => {
    const pages = await pagesOf(browser, ordinary.url);
    if (images) {
      await attempt("images for the documentation", () =>
        takeImages(browser, ordinary.url, pages, images),
      );
      return;
    }
    for (const size of Object.keys(SIZES)) {
      for (const scheme of SCHEMES) {
        const context = await contextOf(browser, size, scheme);
        for (const [name, path] of Object.entries(pages)) {
          const shot = shots && join(shots, `${name}-${size}-${scheme}`);
          await attempt(`${name}, ${size}, ${scheme}`, () =>
            looked(context, ordinary.url, path, shot),
          );
        }
        await context.close();
      }
    }
    for (const [what, use] of Object.entries(USES)) {
      await attempt(what, () => use(browser, ordinary.url, pages));
    }
    // The run takes its time; meanwhile the other home is looked at.
    const running = attempt("a run is shown while somebody looks, who keeps place and focus", () =>
      live(browser, ordinary.url, join(folder, "ordinary")),
    );
    await walkHostile(browser, hostile.url, shots, attempt);
    await attempt("iot docs asks for nothing, and draws the lineage", () =>
      dictionary(browser, join(folder, "docs", "index.html")),
    );
    await running;
  });
} finally {
  for (const server of [ordinary, hostile]) {
    await attempt("the server ends when it is told to, and had no complaint", server.stop);
  }
}
findings.end();
