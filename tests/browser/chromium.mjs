// Chromium in, pages that are listened to and what is wrong with them out: what the looks at the
// report and at the application share.
//
// CHROMIUM names the browser; default: the first of chromium and google-chrome on the PATH.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const SIZES = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1280, height: 900 },
};
export const SCHEMES = ["light", "dark"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MOST_TOLD = 8;
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

// The browser as long as the work lasts, with a profile of its own.
export async function withBrowser(work) {
  const profile = mkdtempSync(join(tmpdir(), "look-"));
  const browser = await chromium.launch({
    executablePath: browserPath(),
    // Chromium's own sandbox needs another user than root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...QUIET, `--disk-cache-dir=${profile}`],
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

export function contextOf(browser, size, scheme, more = {}) {
  return browser.newContext({
    viewport: SIZES[size],
    colorScheme: scheme,
    deviceScaleFactor: size === "phone" ? 1.5 : 1,
    ...more,
  });
}

// What a page says, shows and asks for that it should not, as it comes.
export function heardOf(page, isOwn) {
  const heard = [];
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) heard.push(`console: ${said.text()}`);
  });
  page.on("pageerror", (error) => heard.push(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("popup", () => heard.push("opens a window"));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && !isOwn(url)) heard.push(`asks for ${url}`);
  });
  return heard;
}

// What is wrong with the page as it is shown now.
export async function problemsOf(page) {
  const found = [];
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

// What was looked at so far, each with what was found.
export class Findings {
  passed = 0;
  failed = 0;

  tell(what, found) {
    console.log(`${found.length ? "✕" : "✓"} ${what}`);
    const different = [...new Set(found)];
    for (const each of different.slice(0, MOST_TOLD)) console.log(`    ${each}`);
    if (different.length > MOST_TOLD) console.log(`    and ${different.length - MOST_TOLD} more`);
    if (found.length) this.failed += 1;
    else this.passed += 1;
  }

  end() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed ? 1 : 0;
  }
}
