/** `npm run docs`: writes the generated tables of the documents. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ruleTable } from "../policy/documentation.ts";
import { RULES } from "../policy/rules/rules.ts";
import { documentationTables, type Tables, withTables } from "./documentation.ts";
import { COMPONENTS, RESOURCE_TYPES } from "./providers/resource-provider.ts";
import { startServices } from "./services.ts";

const LOCAL_CLOUD = new URL("../docs/local-cloud.md", import.meta.url);
const POLICIES = new URL("../docs/policies.md", import.meta.url);

// Only running services say what they carry out.
const cacheDirectory = await mkdtemp(join(tmpdir(), "local-cloud-"));
const services = await startServices({ cacheDirectory });
try {
  const tables = documentationTables({
    resourceTypes: RESOURCE_TYPES,
    components: Object.keys(COMPONENTS),
    services: services.cloud.services,
  });
  await rewrite(LOCAL_CLOUD, tables);
  await rewrite(POLICIES, { rules: ruleTable(RULES) });
} finally {
  await services.close();
  await rm(cacheDirectory, { recursive: true });
}

async function rewrite(document: URL, tables: Tables): Promise<void> {
  await writeFile(document, withTables(await readFile(document, "utf8"), tables));
}
