/** Writes the tables of the local cloud's document: `node local/write-documentation.ts`. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documentationTables, withTables } from "./documentation.ts";
import { COMPONENTS, RESOURCE_TYPES } from "./providers/resource-provider.ts";
import { startServices } from "./services.ts";

const DOCUMENT = new URL("../docs/local-cloud.md", import.meta.url);

// Only running services say what they carry out.
const cacheDirectory = await mkdtemp(join(tmpdir(), "local-cloud-"));
const services = await startServices({ cacheDirectory });
try {
  const tables = documentationTables({
    resourceTypes: RESOURCE_TYPES,
    components: Object.keys(COMPONENTS),
    services: services.cloud.services,
  });
  await writeFile(DOCUMENT, withTables(await readFile(DOCUMENT, "utf8"), tables));
} finally {
  await services.close();
  await rm(cacheDirectory, { recursive: true });
}
