import { checkPolicy } from "../iam/policy.ts";
import { Input } from "../input.ts";
import type { Call, Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Repository } from "./repository.ts";

/** The policies of repositories. */
export function policyOperations(
  named: (json: Json, call: Call) => Repository,
  account: string,
): Record<string, Operation> {
  const shown = (repository: Repository, policyText: string): Json => ({
    ...{ registryId: account, repositoryName: repository.name, policyText },
  });
  const existing = (repository: Repository): string => {
    if (repository.policy === undefined)
      throw new ServiceError(
        "RepositoryPolicyNotFoundException",
        `Repository policy does not exist for the repository with name '${repository.name}' in the registry with id '${account}'`,
      );
    return repository.policy;
  };
  return {
    SetRepositoryPolicy(json, call) {
      const input = new Input(json, "InvalidParameterException");
      const policyText = input.text("policyText", { minimum: 1, maximum: 10_240 });
      const repository = named(json, call);
      checkPolicy(policyText, "resource", "InvalidParameterException");
      repository.policy = policyText;
      return shown(repository, policyText);
    },
    GetRepositoryPolicy(json, call) {
      const repository = named(json, call);
      return shown(repository, existing(repository));
    },
    DeleteRepositoryPolicy(json, call) {
      const repository = named(json, call);
      const policyText = existing(repository);
      repository.policy = undefined;
      return shown(repository, policyText);
    },
  };
}
