/**
 * `npm run deployer-policy` and `npm run operator-policy`: write the policy documents of who deploys, or operates, stack dev,
 * and their table, to `docs/`; for another stack: `-- --suffix prod --regions us-east-1,eu-west-1 --directory DIRECTORY`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PeoplesStack } from "../../components/people/context.ts";
import { deployerFiles } from "./deployer-files.ts";
import { operatorFiles } from "./operator-files.ts";

const FILES: Readonly<Record<string, (stack: PeoplesStack) => Record<string, string>>> = {
  deployer: deployerFiles,
  operator: operatorFiles,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suffix: { type: "string", default: "dev" },
    regions: { type: "string", default: "us-east-1,eu-west-1" },
    directory: { type: "string", default: fileURLToPath(new URL("../../docs", import.meta.url)) },
  },
});
const [people = "", ...more] = positionals;
const files = FILES[people];
const [primaryRegion, replicaRegion, ...others] = values.regions.split(",");
const isStack =
  /^[a-z0-9-]{3,20}$/.test(values.suffix) && primaryRegion && replicaRegion && others.length === 0;
if (!files || more.length > 0 || !isStack) {
  console.error(
    `npm run ${people}-policy: --suffix must be 3 to 20 of a-z, 0-9 and -, --regions two regions with a comma between`,
  );
  process.exit(2);
}
await mkdir(values.directory, { recursive: true });
for (const [name, content] of Object.entries(files({ suffix: values.suffix, primaryRegion, replicaRegion })))
  await writeFile(join(values.directory, name), content);
