import { expect } from "chai";
import type { Evaluation } from "../../local/program/evaluate.ts";
import { evaluatedStack, jsonOf, ofType, one, parentOf, regionOf, STACKS } from "./support/stacks.ts";

/** The completer runs from the enricher's image. */
const IMAGES = [
  ...["trade-validator", "metadata-enricher", "compliance-recorder"],
  ...["replacement-recorder", "trade-census"],
];

for (const stack of STACKS)
  describe(`the program of stack ${stack} as a whole`, () => {
    let evaluation: Evaluation;
    before(async () => {
      evaluation = await evaluatedStack(stack);
    });

    it("has both tables in the primary region, on demand, recoverable, streamed and encrypted", () => {
      const key = one(evaluation, "aws:kms/key:Key", "primary-key-key");
      for (const [name, table, hashKey, rangeKey] of [
        ["tables-trades", `trades-${stack}`, "tradeId", "version"],
        ["tables-outcomes", `trade-outcomes-${stack}`, "event", "attempt"],
      ] as const) {
        const resource = one(evaluation, "aws:dynamodb/table:Table", name);
        expect(regionOf(evaluation, resource)).to.equal("us-east-1");
        expect(resource.ignoreChanges).to.deep.equal(["replicas"]);
        expect(resource.inputs).to.deep.include({
          name: table,
          hashKey,
          rangeKey,
          billingMode: "PAY_PER_REQUEST",
          streamViewType: "NEW_AND_OLD_IMAGES",
          pointInTimeRecovery: { enabled: true },
          serverSideEncryption: { enabled: true, kmsKeyArn: key.outputs.arn },
        });
      }
    });

    it("pushes each image once, with a tag in both regions' repositories, built from its bundle alone", () => {
      const images = ofType(evaluation, "docker-build:index:Image");
      expect(images.map(({ name }) => name)).to.have.members(IMAGES.map((each) => `images-${each}`));
      for (const { name, inputs } of images) {
        const functionName = name.replace("images-", "");
        expect(inputs.context).to.deep.equal({ location: `.build/${functionName}` });
        expect(inputs.dockerfile).to.deep.equal({ location: "functions/Dockerfile" });
        expect(inputs.platforms).to.deep.equal(["linux/arm64"]);
        const tags = inputs.tags as string[];
        expect(tags.map((tag) => tag.split(".")[3])).to.deep.equal(["us-east-1", "eu-west-1"]);
        for (const tag of tags) expect(tag).to.match(new RegExp(`:${functionName}-[0-9a-f]{16}$`));
        expect(inputs.registries).to.have.length(2);
      }
    });

    it("gives every resource of AWS one of two explicit providers, with default tags", () => {
      const providers = ofType(evaluation, "pulumi:providers:aws");
      expect(providers.map(({ inputs }) => inputs.region)).to.have.members(["us-east-1", "eu-west-1"]);
      for (const { inputs } of providers) {
        const tags = typeof inputs.defaultTags === "string" ? jsonOf(inputs.defaultTags) : inputs.defaultTags;
        expect(tags).to.deep.include({
          tags: { Project: "TradeProcessing", Environment: stack, ManagedBy: "Pulumi" },
        });
      }
      for (const resource of evaluation.resources.filter(({ type }) => type.startsWith("aws:")))
        expect(resource.provider?.urn, resource.name).to.be.oneOf(providers.map(({ urn }) => urn));
    });

    it("has the same resources in both regions, but for tables and the registry's replication", () => {
      const shapeIn = (role: "primary" | "replica") =>
        evaluation.resources
          .filter(({ type, name }) => type.startsWith("aws:") && name.startsWith(`${role}-`))
          .map(({ type, name }) => `${type} ${name.slice(role.length)}`)
          .sort();
      expect(shapeIn("replica")).to.deep.equal(shapeIn("primary"));
    });

    it("starts the name of every child with that of its component", () => {
      for (const resource of evaluation.resources.filter(
        ({ custom, type }) => custom && type.startsWith("aws:"),
      )) {
        const parent = parentOf(evaluation, resource) ?? "";
        const isOfVpc = resource.parent?.includes("awsx:ec2:Vpc") ?? false;
        if (!isOfVpc) expect(resource.name).to.match(new RegExp(`^${parent.replace("-groups", "")}`));
      }
    });

    it("tells in its outputs what commands and an operator need", () => {
      expect(evaluation.outputs).to.include({
        StateMachineArn: `arn:aws:states:us-east-1:000000000000:stateMachine:trade-processing-${stack}`,
        TradeTableName: `trades-${stack}`,
        TradeTableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/trades-${stack}`,
        ECRRepositoryUri: `000000000000.dkr.ecr.us-east-1.amazonaws.com/trade-processing-${stack}`,
        ValidatorFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:trade-validator-${stack}`,
        EnricherFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:metadata-enricher-${stack}`,
        RecorderFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:compliance-recorder-${stack}`,
      });
      expect(evaluation.outputs.regions).to.have.keys("us-east-1", "eu-west-1");
    });
  });
