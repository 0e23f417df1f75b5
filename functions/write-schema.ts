/** Writes the published JSON Schema of trade events: `node functions/write-schema.ts`. */
import { writeFileSync } from "node:fs";
import { tradeEventJsonSchemaText } from "./domain/json-schema.ts";

writeFileSync(new URL("../docs/trade-event.schema.json", import.meta.url), tradeEventJsonSchemaText());
