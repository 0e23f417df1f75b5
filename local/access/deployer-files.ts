import { deployerDocuments, deployerPermissions } from "../../components/deployer/documents.ts";
import { type PeoplesStack, peopleContext } from "../../components/people/context.ts";
import { listed, policyFiles } from "./policy-files.ts";

/** The policy documents of who deploys and the table that explains them, as files' contents by name. */
export function deployerFiles(stack: PeoplesStack): Record<string, string> {
  const context = peopleContext(stack);
  return policyFiles("deployer-policy.md", deployerDocuments(context), deployerPermissions(context), {
    introduction: INTRODUCTION,
    heads: ["statement", "for", "deployment", "besides", "why besides"],
    cells: ({ sid, purpose, deployment = [], further = [], reason = "" }) => [
      ...[sid, purpose, listed(deployment), listed(further), reason],
    ],
  });
}

const INTRODUCTION = `# Permissions of who deploys

Written by \`npm run deployer-policy\`, together with the documents; for another stack than dev:

    npm run deployer-policy -- --suffix prod --regions us-east-1,eu-west-1 --directory prod-policies

Who runs \`pulumi up\` or \`destroy\` needs all of them, who runs \`pulumi preview\` only the last, which reads. The state
backend and the secrets provider are not in them. Each is within a managed policy's 6,144 characters.

The local cloud decides about every call of a deployment by these documents: "deployment" are the actions that it took
for stacks dev and prod, which a test holds. It does not make the calls under "besides": these are from the service
authorization reference, the services' guides and the resources that the providers make, and have not been tried on AWS.
`;
