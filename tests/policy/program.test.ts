import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { EvaluatedResource } from "../../local/program/provider.ts";
import { plainProperties } from "../../local/program/wire.ts";
import { analyze } from "../../policy/analyze.ts";
import { knownValues } from "../../policy/known-values.ts";
import { PACK_NAME, policiesOf } from "../../policy/pack.ts";
import { deadLetterQueues } from "../../policy/rules/dead-letter-queues.ts";
import { destroyable, FORCED_DELETION, NO_FORCED_DELETION } from "../../policy/rules/destroyable.ts";
import { type CheckedResource, violationsOf } from "../../policy/rules/rule.ts";
import { RULES } from "../../policy/rules/rules.ts";
import { evaluatedStack, STACKS } from "../components/support/stacks.ts";

const pack = { name: PACK_NAME, policies: policiesOf(RULES) };

function checked({ provider, ...resource }: EvaluatedResource): CheckedResource {
  const properties = { ...plainProperties(resource.inputs), ...plainProperties(resource.outputs) };
  return { ...resource, properties: knownValues(properties) };
}

for (const stack of STACKS)
  for (const preview of [false, true])
    describe(`the program of stack ${stack}, ${preview ? "before its first deployment" : "deployed"}`, () => {
      let resources: EvaluatedResource[];
      before(async () => {
        ({ resources } = await evaluatedStack(stack, { preview }));
      });

      it("passes every rule of the pack", async () => {
        expect(await analyze(pack, resources)).to.deep.equal([]);
      });

      it("keeps nothing behind, by what only its own record tells", () => {
        expect(violationsOf(destroyable, resources.map(checked))).to.deep.equal([]);
        expect(resources.filter(({ retainOnDelete }) => retainOnDelete)).to.deep.equal([]);
      });

      it("has all its dead letter queues found", () => {
        const found = deadLetterQueues(resources.map(checked)).map(({ properties }) => properties.name);
        const regional = [
          "trade-validator-dlq",
          "metadata-enricher-dlq",
          "compliance-recorder-dlq",
          "replacement-recorder-dlq",
          "trade-census-dlq",
          "eventbridge-dlq",
          ...(stack === "dev" ? ["forwarding-dlq"] : []),
        ].map((name) => `${name}-${stack}`);
        expect(found).to.have.members([...regional, ...regional]);
      });

      it("fails the pack as soon as one of them keeps its messages a second less", async () => {
        const queues = deadLetterQueues(resources.map(checked));
        for (const { urn } of queues) {
          const changed = resources.map((each) =>
            each.urn === urn
              ? {
                  ...each,
                  inputs: { ...each.inputs, messageRetentionSeconds: 1_209_599 },
                  outputs: { ...each.outputs, messageRetentionSeconds: 1_209_599 },
                }
              : each,
          );
          const results = await analyze(pack, changed);
          expect(results.map((result) => result.urn)).to.deep.equal([urn]);
        }
      });

      it("uses no type whose forced deletion the rule does not know", () => {
        const types = new Set(resources.map(({ type }) => type).filter((type) => type.startsWith("aws:")));
        for (const type of types)
          if (canBeForced(type)) expect({ ...FORCED_DELETION, ...NO_FORCED_DELETION }).to.have.property(type);
      });
    });

/** Whether the provider's SDK gives a type an input that forces its deletion. */
function canBeForced(type: string): boolean {
  const [, module = ""] = type.split(":");
  const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));
  const declarations = readFileSync(join(sdk, `${module}.d.ts`), "utf8");
  return /^\s+force(Destroy|Delete)\?:/m.test(declarations);
}
