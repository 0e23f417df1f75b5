import { readFileSync } from "node:fs";
import { expect } from "chai";
import { describeTranscript } from "./support/scenario.ts";
import { matches, readTranscript } from "./support/transcript.ts";

const DOCUMENTS = ["docs/operator-commands.md", "tests/clients/further-commands.md"];

describeTranscript("The AWS CLI, by docs/operator-commands.md", "docs/operator-commands.md");

describe("Transcripts of commands", () => {
  it("hold every command of the original's README, or what took its place", () => {
    const commands = DOCUMENTS.flatMap((file) => readTranscript(readFileSync(file, "utf8")))
      .map(({ command }) => command.replaceAll(/\s*\\\n\s*/g, " ").replaceAll(/\$\{(\w+)\}/g, "$$$1"))
      .join("\n");
    for (const part of [
      "AWS_ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)",
      "aws ecr create-repository --repository-name trade-processing-",
      "aws ecr get-login-password --region",
      "aws cloudformation describe-stacks --stack-name trade-processing-",
      "aws stepfunctions describe-state-machine --state-machine-arn $STATE_MACHINE_ARN",
      'aws events put-events --entries \'[\n  {\n    "Source": "trading.system1",',
      "aws stepfunctions list-executions --state-machine-arn $STATE_MACHINE_ARN --max-items 5",
      'aws dynamodb get-item --table-name $TABLE_NAME --key \'{"tradeId": {"S": "T12345"}, "version": {"N": "1"}}\'',
      "aws logs filter-log-events --log-group-name /aws/lambda/trade-validator-$ENVIRONMENT_SUFFIX --interleaved",
      "aws cloudwatch describe-alarms --alarm-name-prefix validator-dlq-alarm-$ENVIRONMENT_SUFFIX",
      "aws ecr batch-delete-image --repository-name trade-processing-dev --image-ids imageTag=",
      "aws ssm put-parameter --name /trade-processing/$ENVIRONMENT_SUFFIX/api-endpoint --value",
      "aws sqs receive-message --queue-url $VALIDATOR_DLQ",
      "aws stepfunctions describe-execution --execution-arn $EXECUTION_ARN",
      "aws dynamodb describe-global-table --global-table-name trades-$ENVIRONMENT_SUFFIX",
    ])
      expect(commands).to.include(part);
  });

  it("are read as commands, continued lines and output; other code blocks are errors", () => {
    const text = "# Day\n```console\n$ one \\\n> two\nout\n\nput\n$ three\n```\nprose $ no\n";
    expect(readTranscript(text)).to.deep.equal([
      { heading: "Day", line: 3, command: "one \\\ntwo", expected: ["out", "", "put"] },
      { heading: "Day", line: 8, command: "three", expected: [] },
    ]);
    expect(() => readTranscript("```bash\nrm\n```")).to.throw(/line 1: expected ```console/);
  });

  it("match what was printed line by line, with … for what differs", () => {
    expect(matches(["a…c", "…", "z"], "\nabc  \n1\n2\nz\n")).to.equal(true);
    expect(matches(["a…c", "…", "z"], "ac\nz")).to.equal(true);
    expect(matches(["a…c"], "ab\nc")).to.equal(false);
    expect(matches(["a.c"], "abc")).to.equal(false);
    expect(matches([], "anything")).to.equal(false);
    expect(matches([], "\n")).to.equal(true);
  });
});
