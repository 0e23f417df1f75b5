import { deployerDocuments, deployerPermissions } from "../../components/deployer/documents.ts";
import { type DeployerPermission, DOCUMENTS } from "../../components/deployer/permission.ts";
import { type PeoplesStack, peopleContext } from "../../components/people.ts";
import { listed } from "./listed.ts";

/** The policy documents and the table that explains them, as files' contents by name. */
export function deployerFiles(stack: PeoplesStack): Record<string, string> {
  const context = peopleContext(stack);
  const documents = deployerDocuments(context);
  return {
    ...Object.fromEntries(
      DOCUMENTS.map((name) => [`${name}-policy.json`, `${JSON.stringify(documents[name], null, 2)}\n`]),
    ),
    "deployer-policy.md": explanation(deployerPermissions(context)),
  };
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

function explanation(permissions: readonly DeployerPermission[]): string {
  const sections = DOCUMENTS.map((name) => {
    const rows = permissions.filter(({ document }) => document === name).map(rowOf);
    return [
      `\n## [${name}-policy.json](${name}-policy.json)\n`,
      "| statement | for | deployment | besides | why besides |",
      "|---|---|---|---|---|",
      ...rows,
      "",
    ].join("\n");
  });
  return `${INTRODUCTION}${sections.join("")}`;
}

function rowOf({ sid, purpose, deployment = [], further = [], reason = "" }: DeployerPermission): string {
  return `| ${[sid, purpose, listed(deployment), listed(further), reason].join(" | ")} |`;
}
