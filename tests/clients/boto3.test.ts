import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withClients } from "./support/scenario.ts";

const FILE = "tests/clients/clients.py";
const TEST_MILLISECONDS = 60_000;

/** Each function `test_…` of the Python file is a test of its own. */
describe("boto3", function () {
  this.timeout(TEST_MILLISECONDS + 10_000);
  const { started, clients } = withClients();
  for (const [, name = ""] of readFileSync(FILE, "utf8").matchAll(/^def test_(\w+)/gm))
    it(name.replaceAll("_", " "), async () => {
      const python = join(clients().bin, "python");
      const env = { ...started().environment, PYTHONDONTWRITEBYTECODE: "1" };
      await promisify(execFile)(python, [FILE, name], { env, timeout: TEST_MILLISECONDS }).catch((error) => {
        throw new Error(String(error.stderr).trim() || String(error));
      });
    });
});
