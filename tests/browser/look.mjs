// Pages in, whether they hold up in Chromium out: no sideways scroll, no console error, no request
// beyond the file, nothing that axe-core calls serious, in both colour schemes and on paper.
//
//   node look.mjs [--shots DIR] PAGE...

import { mkdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  contextOf,
  Findings,
  heardOf,
  problemsOf,
  SCHEMES,
  SIZES,
  withBrowser,
} from "./chromium.mjs";

async function look(browser, file, size, scheme, shots) {
  const context = await contextOf(browser, size, scheme);
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const heard = heardOf(page, (asked) => asked === url);
  const began = performance.now();
  await page.goto(url);
  const opened = performance.now() - began;
  if (shots) {
    const name = join(shots, `${basename(file, ".html")}-${size}-${scheme}`);
    await page.screenshot({ path: `${name}.png`, fullPage: true });
  }
  // What is folded away has to hold up as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  const found = [...heard, ...(await problemsOf(page))];
  if (size === "desktop" && scheme === "dark") {
    const paper = await page.pdf({ format: "A4", path: shots && join(shots, `${basename(file, ".html")}.pdf`) });
    if (paper.subarray(0, 4).toString() !== "%PDF") found.push("could not be printed");
  }
  await context.close();
  return { found, opened };
}

const words = process.argv.slice(2);
const shots = words[0] === "--shots" ? resolve(words.splice(0, 2)[1]) : undefined;
if (shots) mkdirSync(shots, { recursive: true });
if (!words.length) throw new Error("no page to look at");
const findings = new Findings();
await withBrowser(async (browser) => {
  for (const file of words.map((word) => resolve(word))) {
    for (const size of Object.keys(SIZES)) {
      for (const scheme of SCHEMES) {
        const { found, opened } = await look(browser, file, size, scheme, shots);
        const weight = `${Math.ceil(statSync(file).size / 1024)} kB`;
        const told = `${size}, ${scheme}: open after ${Math.round(opened)} ms`;
        findings.tell(`${basename(file)} (${weight}), ${told}`, found);
      }
    }
  }
});
findings.end();
