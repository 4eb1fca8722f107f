// A home in, `iot serve` over it out, and what lands there while somebody looks.
//
// IOT and PYTHON name the commands; default: those of .venv. The working folder is the project's.

import { spawn } from "node:child_process";

const IOT = process.env.IOT ?? ".venv/bin/iot";
const PYTHON = process.env.PYTHON ?? ".venv/bin/python";

// The address without the last slash, and what ends the server: {url, stop}.
export async function served(home) {
  const server = spawn(IOT, ["serve", "--home", home, "--port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((done) => server.once("exit", (code, signal) => done(code ?? signal)));
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const url = await new Promise((found, refused) => {
    server.stderr.on("data", () => {
      const told = said.match(/http:\/\/\S+?(?=\/\s)/);
      if (told) found(told[0]);
    });
    server.once("exit", (code) => refused(new Error(`iot serve ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    server.kill("SIGTERM");
    const how = await Promise.race([
      ended,
      new Promise((late) => setTimeout(late, 10_000, "late")),
    ]);
    if (how === "late") server.kill("SIGKILL");
    // What it complains of beside its address is a finding.
    const complaints = said.split("\n").slice(1).filter(Boolean);
    return [...(how === 0 ? [] : [`SIGTERM ended it with ${how}`]), ...complaints];
  };
  return { url, stop };
}

// More files land in the home and a run takes them in; its exit code.
export function runOn(home) {
  const run = spawn(PYTHON, ["-m", "tests.browser.homes", "--more", home], { stdio: "ignore" });
  return new Promise((done) => run.once("exit", done));
}
