import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { makeRunDirectory } from "../../local/run-directory.ts";

describe("folder of a run", () => {
  it("is made beside those of living processes and the cache, where those of dead ones are removed", async () => {
    const parent = mkdtempSync(join(tmpdir(), "runs-"));
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const living = spawn("sleep", ["60"]);
    try {
      for (const name of ["compiled", `run-${living.pid}-a`, `run-${dead}-b`])
        mkdirSync(join(parent, name, "images"), { recursive: true });
      const made = await makeRunDirectory(parent);
      expect(basename(made)).to.match(new RegExp(`^run-${process.pid}-`));
      expect(readdirSync(parent)).to.have.members(["compiled", `run-${living.pid}-a`, basename(made)]);
    } finally {
      living.kill();
      rmSync(parent, { recursive: true });
    }
  });
});
