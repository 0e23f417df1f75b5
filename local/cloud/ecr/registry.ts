import { Input } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Json, Service } from "../service.ts";

const REGION = { minimum: 2, maximum: 25, pattern: /^[0-9a-z-]+$/ };
const REGISTRY = { pattern: /^[0-9]{12}$/ };
const FILTER = {
  minimum: 2,
  maximum: 256,
  pattern: /^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*\/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$/,
};
/** Amazon ECR API Reference, "ReplicationConfiguration" and "ReplicationRule". */
const MAXIMUM_RULES = 10;
const MAXIMUM_PARTS = 100;

/** The registry's own settings, one a region: replication rules, all of which each configuration replaces. */
export function registryOperations(account: string): Service["operations"] {
  const rules = new RegionState<{ rules: Json[] }>(() => ({ rules: [] }));
  return {
    DescribeRegistry(json, { region }) {
      read(json, []);
      return { registryId: account, replicationConfiguration: { rules: rules.of(region).rules } };
    },
    PutReplicationConfiguration(json, { region }) {
      const input = read(json, ["replicationConfiguration"]);
      const configuration = read(input.record("replicationConfiguration"), ["rules"]);
      const given = configuration.records("rules");
      if (given.length > MAXIMUM_RULES)
        throw configuration.refuse("rules", given.length, `Member must have length less than or equal to 10`);
      rules.of(region).rules = given.map((rule) => ruleOf(rule, region, account));
      return { replicationConfiguration: { rules: rules.of(region).rules } };
    },
  };
}

function ruleOf(json: Json, region: string, account: string): Json {
  const rule = read(json, ["destinations", "repositoryFilters"]);
  const destinations = parts(rule, "destinations").map((each) => {
    const destination = read(each, ["region", "registryId"]);
    const [to, registryId] = [destination.text("region", REGION), destination.text("registryId", REGISTRY)];
    if (to === region && registryId === account)
      throw destination.refuse("region", to, "Member must differ from the registry's own region");
    return { region: to, registryId };
  });
  const repositoryFilters = parts(rule, "repositoryFilters").map((each) => {
    const filter = read(each, ["filter", "filterType"]);
    return {
      filter: filter.text("filter", FILTER),
      filterType: filter.text("filterType", { oneOf: ["PREFIX_MATCH"] }),
    };
  });
  return { destinations, ...(repositoryFilters.length > 0 ? { repositoryFilters } : {}) };
}

function parts(rule: Input, member: string): Json[] {
  const given = rule.records(member);
  if (given.length > MAXIMUM_PARTS)
    throw rule.refuse(member, given.length, `Member must have length less than or equal to ${MAXIMUM_PARTS}`);
  return given;
}

function read(json: Json, members: readonly string[]): Input {
  return new Input(json, "InvalidParameterException").only(members);
}
