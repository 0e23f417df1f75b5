import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Started, startAsUser } from "../clients/support/started.ts";
import { tapeLine, tradeDetail } from "../support/local-system.ts";
import { ops } from "./ops-process.ts";

describe("npm run ops", function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), "ops-"));
  let started: Started;
  let port: string;
  before(async () => {
    started = await startAsUser([]);
    port = new URL(started.url).port;
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await started?.stop();
  });
  const local = (...args: string[]) => ops([...args, "--local", "--port", port]);
  const file = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  it("sends a tape, and names the lines that were refused", async () => {
    const tape = file("mixed.jsonl", [tapeLine(tradeDetail()), "{", "", tapeLine(tradeDetail())].join("\n"));
    const { code, out, error } = await local("send", tape);
    expect(out)
      .to.match(/line 2 refused: not JSON/)
      .and.to.match(/3 sent, 2 accepted, 1 refused$/);
    expect({ code, error }).to.deep.equal({ code: 1, error: "" });
  });

  it("sends a tape to the region that is asked for, and says so as JSON", async () => {
    const tape = file("good.jsonl", tapeLine(tradeDetail()));
    const { code, out, error } = await local("send", tape, "--region", "eu-west-1", "--json");
    expect(JSON.parse(out)).to.deep.equal({ sent: 1, accepted: 1, refused: [] });
    expect(error).to.match(/trading-event-bus-dev in eu-west-1/);
    expect(code).to.equal(0);
  });

  it("exports what was processed", async () => {
    const from = new Date().toISOString();
    const detail = tradeDetail();
    await local("send", file("export.jsonl", tapeLine(detail)));
    const tape = join(directory, "exported.jsonl");
    const window = ["--from", from, "--to", "2100-01-01T00:00:00Z"];
    let ended = await local("export", "--tape", tape, ...window, "--json");
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
      if (JSON.parse(ended.out).events === 1) break;
      ended = await local("export", "--tape", tape, ...window, "--json");
    }
    expect(ended.code).to.equal(0);
    expect(JSON.parse(ended.out)).to.include({ tape, events: 1, recorded: 1, missingCount: 0 });
    expect(JSON.parse(readFileSync(tape, "utf8")).Detail).to.deep.equal(detail);
    const shown = await local("export", "--tape", tape, ...window);
    expect(shown.out).to.match(/1 events in .*exported\.jsonl: 1 recorded, 0 duplicate/);
  });

  it("takes saved outputs, and credentials and endpoint from the environment", async () => {
    const outputs = await fetch(`${started.url}/_local/outputs`);
    const saved = file("outputs.json", await outputs.text());
    const tape = file("saved.jsonl", tapeLine(tradeDetail()));
    const ended = await ops(["send", tape, "--outputs", saved, "--json"], started.environment);
    expect(JSON.parse(ended.out)).to.deep.equal({ sent: 1, accepted: 1, refused: [] });
    expect(ended.code).to.equal(0);
  });

  it("takes a stack's outputs from the Pulumi CLI", async () => {
    const outputs = await fetch(`${started.url}/_local/outputs`);
    const saved = file("pulumi-outputs.json", await outputs.text());
    const cli = file(
      "pulumi",
      `#!/bin/sh\n[ "$*" = "stack output --json --stack dev" ] && cat ${saved} && exit\necho "error: no stack named '$5' found" >&2\nexit 255\n`,
    );
    const environment = { ...started.environment, PATH: `${directory}:${process.env.PATH}` };
    await new Promise((done) => spawn("chmod", ["+x", cli]).on("close", done));
    const tape = file("stack.jsonl", tapeLine(tradeDetail()));
    expect(await ops(["send", tape, "--stack", "dev", "--json"], environment)).to.include({ code: 0 });
    const unknown = await ops(["send", tape, "--stack", "nowhere"], environment);
    expect(unknown).to.include({ code: 1, out: "" });
    expect(unknown.error).to.equal(
      "npm run ops: pulumi stack output --json --stack nowhere: error: no stack named 'nowhere' found",
    );
  });

  it("tells mistakes without a stack trace, and ends with 2", async () => {
    const tape = file("tape.jsonl", "");
    const cases: [string[], RegExp][] = [
      [["sned", "--local"], /"sned" must be one of the commands/],
      [["send", join(directory, "none"), "--local"], /FILE: ".*none" must be a file that can be read/],
      [["send", tape, "--outputs", tape], /--outputs: ".*" must hold JSON/],
      [["send", tape, "--outputs", "/nowhere"], /--outputs: "\/nowhere" must be a file that can be read/],
      [
        ["send", tape, "--local", "--port", port, "--region", "eu-central-1"],
        /--region: "eu-central-1" must be one of (us-east-1, eu-west-1|eu-west-1, us-east-1)$/,
      ],
      [
        [
          "export",
          "--tape",
          join(directory, "no", "tape"),
          "--from",
          "2026-01-01T00:00:00Z",
          "--to",
          "2026-01-02T00:00:00Z",
          "--local",
          "--port",
          port,
        ],
        /--tape: ".*" must be a file that can be written/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, out, error } = await ops(args);
      expect(error, args.join(" "))
        .to.match(message)
        .and.not.match(/\n\s+at /);
      expect(code, args.join(" ")).to.equal(2);
      if (args[0] === "sned") expect(out).to.equal("");
    }
  });

  it("says what failed, and ends with 1", async () => {
    const tape = file("fails.jsonl", tapeLine(tradeDetail()));
    const nobody = await ops(["send", tape, "--local", "--port", "1"]);
    expect(nobody.error).to.match(
      /no local cloud answers on http:\/\/127\.0\.0\.1:1; start one with `npm start`/,
    );
    expect(nobody.code).to.equal(1);
    const foreign = await ops(["send", tape, "--outputs", file("foreign.json", '{"a":1}')]);
    expect(foreign.error).to.match(/outputs are not this program's:[\s\S]*TradeTableName/);
    expect(foreign.code).to.equal(1);
  });

  it("shows its commands", async () => {
    const { code, out } = await ops([]);
    expect(out)
      .to.match(/^npm run ops -- COMMAND/)
      .and.to.match(/send FILE/)
      .and.to.match(/export --tape/);
    expect(code).to.equal(0);
  });
});
