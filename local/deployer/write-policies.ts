/**
 * `npm run deployer-policy`: writes the policy documents of who deploys stack dev, and their table, to `docs/`; for another
 * stack: `-- --suffix prod --regions us-east-1,eu-west-1 --directory DIRECTORY`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type DeployerStack, policyFiles } from "./policy-files.ts";

const { values } = parseArgs({
  options: {
    suffix: { type: "string", default: "dev" },
    regions: { type: "string", default: "us-east-1,eu-west-1" },
    directory: { type: "string", default: fileURLToPath(new URL("../../docs", import.meta.url)) },
  },
});
const [primaryRegion, replicaRegion, ...others] = values.regions.split(",");
if (!/^[a-z0-9-]{3,20}$/.test(values.suffix) || !primaryRegion || !replicaRegion || others.length > 0) {
  console.error(
    "npm run deployer-policy: --suffix must be 3 to 20 of a-z, 0-9 and -, --regions two regions with a comma between",
  );
  process.exit(2);
}
const stack: DeployerStack = { suffix: values.suffix, primaryRegion, replicaRegion };
await mkdir(values.directory, { recursive: true });
for (const [name, content] of Object.entries(policyFiles(stack)))
  await writeFile(join(values.directory, name), content);
