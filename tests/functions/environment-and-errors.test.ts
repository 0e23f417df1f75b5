import { expect } from "chai";
import { until } from "../../functions/adapters/deadline.ts";
import { readEnvironment } from "../../functions/adapters/environment.ts";
import { boundedError, NamedError } from "../../functions/adapters/errors.ts";
import { isRetryable, serviceError } from "../../functions/adapters/service-errors.ts";
import { ENVIRONMENT, RETRYABLE_ERROR } from "../../functions/contract.ts";

const ALL = {
  ENVIRONMENT_SUFFIX: "dev",
  TRADE_SOURCES: "system1=trading.system1,system2=trading.system2",
  TRADES_TABLE_NAME: "trades-dev",
  HEARTBEATS_TABLE_NAME: "heartbeats-dev",
  HANDLER_DEADLINE_MILLISECONDS: "4500",
};

describe("a function's environment", () => {
  it("is read by the names of the contract", () => {
    expect(Object.values(ENVIRONMENT)).to.include.members(Object.keys(ALL));
    const environment = readEnvironment("compliance-recorder", ALL);
    expect(environment).to.include({
      environmentSuffix: "dev",
      tradesTable: "trades-dev",
      deadlineMilliseconds: 4500,
    });
    expect(environment.sources.get("trading.system2")).to.equal("system2");
  });

  it("is refused with every variable that is missing or wrong", () => {
    const wrong = {
      ...ALL,
      TRADES_TABLE_NAME: undefined,
      TRADE_SOURCES: "system1",
      HANDLER_DEADLINE_MILLISECONDS: "soon",
    };
    expect(() => readEnvironment("compliance-recorder", wrong))
      .to.throw("TRADES_TABLE_NAME is absent")
      .with.property("name", "ConfigurationError");
    expect(() => readEnvironment("compliance-recorder", wrong)).to.throw(
      "TRADE_SOURCES is system1; allowed: ",
    );
    expect(() => readEnvironment("compliance-recorder", wrong)).to.throw(
      "HANDLER_DEADLINE_MILLISECONDS is soon",
    );
  });

  it("needs no more than the function uses", () => {
    const { TRADES_TABLE_NAME: _trades, HEARTBEATS_TABLE_NAME: _heartbeats, ...rest } = ALL;
    expect(readEnvironment("trade-validator", rest)).to.not.have.any.keys("tradesTable", "heartbeatsTable");
  });

  for (const sources of ["", "a=b,a=c", "a=b,c=b", "a=b,,", "=b", "a"]) {
    it(`refuses the sources "${sources}"`, () => {
      expect(() => readEnvironment("trade-validator", { ...ALL, TRADE_SOURCES: sources })).to.throw(
        "TRADE_SOURCES",
      );
    });
  }
});

describe("errors that leave a function", () => {
  it("are bounded and without stack", () => {
    const error = boundedError(new NamedError("ThrottlingException", `é\n${"é".repeat(5000)}`));
    expect(error.name).to.equal("ThrottlingException");
    expect(Buffer.byteLength(error.message)).to.be.at.most(1024);
    expect(error.message).to.not.include("\n");
    expect(error.stack).to.equal("");
  });

  it("have a name even if what was thrown has none", () => {
    expect(boundedError("text").name).to.equal("UnexpectedError");
    expect(boundedError(new NamedError("not a name!", "x")).name).to.equal("UnexpectedError");
  });

  const named = (name: string, fields = {}) => Object.assign(new Error("message"), { name }, fields);
  for (const [why, error] of [
    ["throttled tables", named("ProvisionedThroughputExceededException", { $fault: "client" })],
    ["throttled requests", named("ThrottlingException")],
    ["errors of the service", named("InternalServerError", { $fault: "server" })],
    ["status 503", named("Unknown", { $metadata: { httpStatusCode: 503 } })],
    ["refused connections", Object.assign(new Error("connect"), { code: "ECONNREFUSED" })],
    ["timeouts", named("TimeoutError")],
    ["aborted requests", named("AbortError")],
  ] as const) {
    it(`say of ${why} that trying again can help`, () => {
      expect(serviceError("DynamoDB", error).name).to.equal(RETRYABLE_ERROR);
    });
  }
  for (const name of ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"]) {
    it(`keep the name ${name}, which trying again cannot help`, () => {
      const error = named(name, { $fault: "client", $metadata: { httpStatusCode: 400 } });
      expect(serviceError("DynamoDB", error).name).to.equal(name);
      expect(isRetryable(error)).to.equal(false);
    });
  }
});

describe("a deadline", () => {
  it("gives the result that comes in time", async () => {
    expect(await until(new AbortController().signal, Promise.resolve(7))).to.equal(7);
  });

  it("rejects with the signal's reason when the work takes longer", async () => {
    const error = await until(AbortSignal.timeout(10), new Promise(() => {})).catch(
      (reason: Error) => reason.name,
    );
    expect(error).to.equal("TimeoutError");
  });
});
