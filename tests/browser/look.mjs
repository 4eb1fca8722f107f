// Pages in, whether they hold up in Chromium out: no sideways scroll, no console error, no request
// beyond the file, nothing that axe-core calls serious, in both colour schemes and on paper.
//
//   node look.mjs [--shots DIR] PAGE...
//
// CHROMIUM names the browser; default: the first of chromium and google-chrome on the PATH.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };
const SCHEMES = ["light", "dark"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function browserPath() {
  for (const name of [process.env.CHROMIUM, "chromium", "google-chrome"].filter(Boolean)) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next one may be there.
    }
  }
  throw new Error("no Chromium on the PATH; install one, or name it in CHROMIUM");
}

// What is wrong with the page as it is shown now.
async function problemsOf(page, heard) {
  const found = [...heard];
  const [wide, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    window.innerWidth,
  ]);
  if (wide > room) found.push(`scrolls sideways: ${wide} px in ${room}`);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("main *, header *")]
      .filter((each) => !each.closest(".table, .out, svg"))
      .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
      .map((each) => `${each.tagName} "${each.textContent.trim().slice(0, 40)}"`),
  );
  if (cut.length) found.push(`cut at the right: ${cut.slice(0, 3).join(", ")}`);
  // By the debugger, so that the page's own policy does not have to allow a script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  for (const each of violations) {
    const where = each.nodes.slice(0, 3).map((node) => node.target.join(" "));
    const told = `axe ${each.impact}: ${each.id}: ${each.help} (${where.join("; ")})`;
    if (["serious", "critical"].includes(each.impact)) found.push(told);
    else console.log(`  note: ${told}`);
  }
  return found;
}

async function look(browser, file, size, scheme, shots) {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: scheme,
    deviceScaleFactor: size === "phone" ? 1.5 : 1,
  });
  const page = await context.newPage();
  const heard = [];
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) heard.push(`console: ${said.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && url !== pathToFileURL(file).href) heard.push(`asks for ${url}`);
  });
  const began = performance.now();
  await page.goto(pathToFileURL(file).href);
  const opened = performance.now() - began;
  if (shots) {
    const name = join(shots, `${basename(file, ".html")}-${size}-${scheme}`);
    await page.screenshot({ path: `${name}.png`, fullPage: true });
  }
  // What is folded away has to hold up as well.
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
  const found = await problemsOf(page, heard);
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
const profile = mkdtempSync(join(tmpdir(), "look-"));
const browser = await chromium.launch({
  executablePath: browserPath(),
  // Chromium's own sandbox needs another user than root.
  chromiumSandbox: process.getuid?.() !== 0,
  args: [...QUIET, `--disk-cache-dir=${profile}`],
});
let passed = 0;
let failed = 0;
try {
  for (const file of words.map((word) => resolve(word))) {
    for (const size of Object.keys(SIZES)) {
      for (const scheme of SCHEMES) {
        const { found, opened } = await look(browser, file, size, scheme, shots);
        const what = `${basename(file)} (${Math.ceil(statSync(file).size / 1024)} kB), ${size}, ${scheme}`;
        console.log(`${found.length ? "✕" : "✓"} ${what}: open after ${Math.round(opened)} ms`);
        for (const each of found) console.log(`    ${each}`);
        if (found.length) failed += 1;
        else passed += 1;
      }
    }
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
