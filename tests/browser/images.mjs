// Pages of a home in, the pictures that the documentation shows out.

import { statSync } from "node:fs";
import { join } from "node:path";
import { contextOf } from "./chromium.mjs";
import { drawn } from "./walk.mjs";

const MOST = 150_000;
const TAKEN = {
  fleet: { of: "fleet", size: "desktop", height: 900 },
  device: { of: "busiest", size: "desktop", height: 930 },
  quality: { of: "quality", size: "desktop", height: 900 },
  phone: { of: "fleet", size: "phone", height: 740 },
};

export async function takeImages(browser, url, pages, folder) {
  const found = [];
  for (const [name, { of, size, height }] of Object.entries(TAKEN)) {
    const context = await contextOf(browser, size, "light");
    const page = await context.newPage();
    await page.setViewportSize({ ...page.viewportSize(), height });
    await page.goto(url + (pages[of] ?? (await busiest(page, url))));
    await drawn(page);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    const { size: bytes } = statSync(path);
    if (bytes > MOST) found.push(`${name}.png has ${Math.round(bytes / 1000)} kB`);
    await context.close();
  }
  return found;
}

// The device that has the most to show: of the gravest alert.
async function busiest(page, url) {
  await page.goto(`${url}/alerts?severity=CRITICAL`);
  const device = page.locator(".listing tbody a[href^='/devices/']").first();
  return device.getAttribute("href", { timeout: 5000 });
}
