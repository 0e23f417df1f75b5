import type { ProviderContext } from "../program/provider.ts";
import type { Properties } from "../program/wire.ts";
import { secret } from "../program/wire.ts";

type Invoke = (inputs: Properties, context: ProviderContext) => Properties;

/** Provider functions that the program calls. */
const INVOKES: Readonly<Record<string, Invoke>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": (_inputs, { account }) => ({
    accountId: account,
    arn: `arn:aws:iam::${account}:role/deployer`,
    userId: "deployer",
    id: account,
  }),
  "aws:index/getRegion:getRegion": (inputs, { region }) => {
    const name = String(inputs.region ?? region);
    return { region: name, name, id: name, description: name, endpoint: `ec2.${name}.amazonaws.com` };
  },
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_inputs, { region }) => ({
    names: ["a", "b", "c"].map((zone) => region + zone),
    zoneIds: [1, 2, 3].map((zone) => `${region}-az${zone}`),
    groupNames: [region],
    state: "available",
    region,
    id: region,
  }),
  "aws:index/getPartition:getPartition": () => ({
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
    id: "aws",
  }),
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": (_inputs, { account, region }) => ({
    authorizationToken: secret("QVdTOmxvY2Fs"),
    password: secret("local"),
    userName: "AWS",
    proxyEndpoint: `https://${account}.dkr.ecr.${region}.amazonaws.com`,
    expiresAt: "2099-01-01T00:00:00Z",
    registryId: account,
    region,
    id: region,
  }),
  "aws:ec2/getSecurityGroup:getSecurityGroup": (inputs, { account, region }) => {
    const id = `sg-${String(inputs.vpcId).replace("vpc-", "")}`;
    return { ...inputs, id, arn: `arn:aws:ec2:${region}:${account}:security-group/${id}`, region };
  },
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": (inputs, { region }) => ({
    id: `pl-${String(inputs.name ?? "").replace(/[^a-z0-9]/g, "")}`,
    name: inputs.name ?? "",
    region,
  }),
};

/** Calls a provider function. Throws naming the token if it is none that the program is known to call. */
export function invoke(token: string, inputs: Properties, context: ProviderContext): Properties {
  const found = Object.hasOwn(INVOKES, token) ? INVOKES[token] : undefined;
  if (!found)
    throw new Error(
      `The local cloud has no provider function "${token}"; it has: ${Object.keys(INVOKES).join(", ")}`,
    );
  return found(inputs, context);
}
