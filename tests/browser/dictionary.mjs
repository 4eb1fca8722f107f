// dbt's page, as `iot docs` leaves it, in, whether it holds up out: itself alone, lineage drawn.

import { pathToFileURL } from "node:url";
import { contextOf, heardOf } from "./chromium.mjs";

// How dbt's page looks and reads is dbt's; that it asks nobody else is ours.
export async function dictionary(browser, file) {
  const context = await contextOf(browser, "desktop", "light");
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const heard = heardOf(page, (asked) => asked === url);
  await page.goto(url);
  await page.getByText("The IoT streaming lakehouse").first().waitFor({ timeout: 10_000 });
  await page.goto(`${url}#!/model/model.iot_streaming.dim_devices`);
  await page.getByText("One row per device that the source ever had").first().waitFor();
  await page.getByText("health_score", { exact: true }).first().waitFor();
  await page.locator(".launcher, [ng-click*='ide']").first().click();
  await page.locator("canvas").first().waitFor();
  const icons = await page.evaluate(
    () =>
      [...document.querySelectorAll(".filename-normal use")].filter(
        (each) => each.href.baseVal.startsWith("#") && each.getBBox().width > 0,
      ).length,
  );
  await context.close();
  return icons ? heard : [...heard, "its tree has no icons"];
}
