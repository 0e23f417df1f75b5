import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { UNKNOWN } from "../../local/program/wire.ts";
import { evaluate, messages } from "./program-support.ts";

/** Turns a text around; refuses what is no lower-case text, and fails on purpose for "broken". */
const provider: pulumi.dynamic.ResourceProvider = {
  async check(_olds, news) {
    // Imports inside methods resolve from the project's folder.
    const { Decimal } = await import("decimal.js");
    const failures: pulumi.dynamic.CheckFailure[] = [];
    if (!/^[a-z]+$/.test(String(news.text)))
      failures.push({ property: "text", reason: `must be of a to z, got "${news.text}"` });
    if (!new Decimal(news.amount).isPositive())
      failures.push({ property: "amount", reason: `must be positive, got ${news.amount}` });
    return { inputs: { ...news, checked: true }, failures };
  },
  async create(inputs) {
    if (inputs.text === "broken") throw new Error("the text cannot be turned");
    const turned = [...String(inputs.text)].reverse().join("");
    return { id: `id-${turned}`, outs: { ...inputs, turned } };
  },
};

class Turned extends pulumi.dynamic.Resource {
  declare readonly turned: pulumi.Output<string>;
  declare readonly checked: pulumi.Output<boolean>;

  constructor(name: string, args: { text: string; amount?: number }) {
    super(provider, name, { amount: 1, ...args, turned: undefined, checked: undefined });
  }
}

function turning(args: { text: string; amount?: number }, options: Parameters<typeof evaluate>[1] = {}) {
  return evaluate(async () => {
    const { id, turned, checked } = new Turned("thing", args);
    return { id, turned, checked };
  }, options);
}

const NAMED = /^pulumi-nodejs:dynamic:Resource "thing": /;

describe("a dynamic resource", () => {
  it("is checked and created by its own provider", async () => {
    const { outputs, errors } = await turning({ text: "trade" });
    expect(errors).to.deep.equal([]);
    expect(outputs).to.deep.equal({ id: "id-edart", turned: "edart", checked: true });
  });

  it("is refused with everything that its check finds, by type, name and property", async () => {
    const [message = "", ...more] = messages(await turning({ text: "42", amount: -1 }));
    expect(more).to.deep.equal([]);
    expect(message).to.match(NAMED);
    expect(message).to.include('text: must be of a to z, got "42"; amount: must be positive, got -1');
  });

  it("is reported with type and name if it cannot be created, once", async () => {
    const [message = "", ...more] = messages(await turning({ text: "broken" }));
    expect(more).to.deep.equal([]);
    expect(message).to.match(NAMED).and.include("the text cannot be turned");
  });

  it("is checked but not created in a preview", async () => {
    const { outputs, errors } = await turning({ text: "broken" }, { preview: true });
    expect(errors).to.deep.equal([]);
    expect(outputs).to.deep.equal({ id: UNKNOWN, turned: UNKNOWN, checked: true });
    expect(messages(await turning({ text: "42" }, { preview: true }))).to.have.length(1);
  });

  it("is neither checked nor created in an evaluation without effects", async () => {
    const program = async () => ({ id: new Turned("thing", { text: "42" }).id });
    const { outputs, errors } = await evaluate(program, { skipDynamic: true });
    expect(errors).to.deep.equal([]);
    expect(outputs).to.deep.equal({ id: "thing" });
  });
});
