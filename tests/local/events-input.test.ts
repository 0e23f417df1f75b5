import { expect } from "chai";
import type { Json } from "../../local/cloud/service.ts";
import { EventsBench, queueArn, REGION, RULE } from "./events-support.ts";
import { refusal } from "./states-support.ts";

// EventBridge User Guide, "Amazon EventBridge input transformation"; API Reference, InputTransformer and PutTargets.
describe("What EventBridge hands a target, locally", () => {
  let bench: EventsBench;

  beforeEach(() => {
    bench = new EventsBench();
  });
  afterEach(() => bench.cloud.close());

  /** The message that a queue gets for the documents' example event. */
  async function message(more: Json): Promise<string> {
    await bench.rule({ Arn: queueArn("q"), ...more });
    await bench.put({
      Resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
      Detail: '{"instance-id":"i-0123456789","state":"RUNNING","count":1.0,"note":"a \\"b\\" <c>"}',
    });
    return String(bench.sent[0]?.MessageBody);
  }

  const transformer = (InputTemplate: string, more: Record<string, string> = {}) => ({
    InputTransformer: {
      InputPathsMap: { instance: "$.detail.instance-id", state: "$.detail.state", ...more },
      InputTemplate,
    },
  });

  for (const [what, template, expected] of [
    ["a simple text", '"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'],
    [
      "a text with escaped quotes",
      '"instance \\"<instance>\\" is in <state>"',
      '"instance \\"i-0123456789\\" is in RUNNING"',
    ],
    [
      "simple JSON, without its white space",
      '{\n  "instance" : <instance>,\n  "state": <state>\n}',
      '{"instance":"i-0123456789","state":"RUNNING"}',
    ],
    [
      "JSON with variables and fixed values",
      '{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}',
      '{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}',
    ],
    [
      "variables within quotes of JSON",
      '{"myInstance": <instance>, "myStatus": "<instance> is in state \\"<state>\\""}',
      '{"myInstance":"i-0123456789","myStatus":"i-0123456789 is in state \\"RUNNING\\""}',
    ],
    [
      "the reserved names of the rule",
      '{"ruleArn": <aws.events.rule-arn>, "ruleName": "<aws.events.rule-name> triggered"}',
      `{"ruleArn":"${RULE}","ruleName":"rule triggered"}`,
    ],
    [
      "when the event arrived",
      '{"at": <aws.events.event.ingestion-time>}',
      '{"at":"2026-01-02T03:04:05.678Z"}',
    ],
    [
      "what the event does not have, as empty text",
      '{"a": <absent>, "b": "x<absent>y"}',
      '{"a":"","b":"xy"}',
    ],
    [
      "text that has to be escaped",
      '{"a": <note>, "b": "<note>"}',
      '{"a":"a \\"b\\" <c>","b":"a \\"b\\" <c>"}',
    ],
    [
      "a part of a list",
      '{"first": <first>}',
      '{"first":"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"}',
    ],
  ] as const)
    it(`is made by a template: ${what}`, async () => {
      const more = { absent: "$.detail.absent", note: "$.detail.note", first: "$.resources[0]" };
      expect(await message(transformer(template, more))).to.equal(expected);
    });

  it("can hold the event, with and without its detail", async () => {
    const template = '{"whole": <aws.events.event.json>, "head": <aws.events.event>}';
    const { whole, head } = JSON.parse(await message(transformer(template)));
    expect(whole.detail).to.include({ state: "RUNNING" });
    expect(head).to.not.have.property("detail");
    expect(head).to.include({ source: "trading.system1", region: REGION });
  });

  it("is the text of Input, whatever the event", async () => {
    expect(await message({ Input: '{"fixed": 1.0}' })).to.equal('{"fixed": 1.0}');
  });

  it("keeps numbers that no double holds", async () => {
    await bench.rule({ Arn: queueArn("q"), InputPath: "$.detail" });
    await bench.put({ Detail: '{"a":12345678901234567890}' });
    expect(bench.sent[0]?.MessageBody).to.equal('{"a":12345678901234567890}');
  });

  for (const [what, target, named] of [
    [
      "two ways at once",
      { Input: "{}", InputPath: "$.detail" },
      "Only one of Input, InputPath, or InputTransformer",
    ],
    ["Input that is not JSON", { Input: "{" }, "Input"],
    ["InputPath that selects several values", { InputPath: "$.detail.*" }, "InputPath"],
    ["a variable that is not defined", transformer('"<other>"'), "contains invalid placeholder other."],
    ["a reserved name for a variable", transformer('"<state>"', { "aws.x": "$.id" }), "AWS."],
    ["a template that is not JSON", transformer('{"a": <state>'), "Invalid InputTemplate for target target"],
    ["text without quotes", transformer("<state> it is"), "Invalid InputTemplate for target target"],
    [
      "a variable for a member's name",
      transformer("{<state>: 1}"),
      "Invalid InputTemplate for target target",
    ],
    [
      "the event in a text",
      transformer('"<aws.events.event.json>"'),
      "contains placeholder aws.events.event.json valid only for JSON template.",
    ],
  ] as const)
    it(`is refused by PutTargets: ${what}`, async () => {
      const error = await refusal(bench.rule({ Arn: queueArn("q"), ...target }));
      expect(error.code).to.equal("ValidationException");
      expect(error.message).to.contain(named);
    });
});
