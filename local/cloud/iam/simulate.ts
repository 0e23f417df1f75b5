import { Input } from "../input.ts";
import type { Json } from "../service.ts";
import { decide } from "./evaluate.ts";
import type { NamedPolicy } from "./model.ts";

/**
 * What a principal's identity policies alone say about actions and resources, as SimulatePrincipalPolicy answers it.
 * The policies of resources take no part in it.
 */
export function simulate(input: Input, principal: string, identity: readonly NamedPolicy[]): Json[] {
  const actions = input.texts("ActionNames");
  if (actions.length === 0) throw input.refuse("ActionNames", undefined, "Member must not be null");
  const given = input.texts("ResourceArns");
  const resources = given.length > 0 ? given : ["*"];
  const context = Object.fromEntries(
    input.records("ContextEntries").map((record): [string, readonly string[]] => {
      const entry = new Input(record, "ValidationError");
      entry.only(["ContextKeyName", "ContextKeyValues", "ContextKeyType"]);
      return [entry.text("ContextKeyName"), entry.texts("ContextKeyValues")];
    }),
  );
  return actions.flatMap((action) =>
    resources.map((resource) => {
      const { isAllowed, denial, statements } = decide(
        { principal, action, resource, context },
        { identity },
      );
      return {
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: isAllowed ? "allowed" : `${denial}Deny`,
        MatchedStatements: statements.map(({ policy }) => ({
          SourcePolicyId: policy,
          SourcePolicyType: "IAM Policy",
        })),
        MissingContextValues: [],
      };
    }),
  );
}
