import { operatorDocuments } from "../../components/operators/documents.ts";
import { type OperatorDocument, operatorPermissions } from "../../components/operators/permissions.ts";
import { type PeoplesStack, peopleContext } from "../../components/people/context.ts";
import { listed, policyFiles } from "./policy-files.ts";

/** The policy documents of who operates and the table that explains them, as files' contents by name. */
export function operatorFiles(stack: PeoplesStack): Record<string, string> {
  const context = peopleContext(stack);
  return policyFiles("operator-policy.md", operatorDocuments(context), operatorPermissions(context), {
    introduction: INTRODUCTION,
    heads: ["statement", "for", "commands", "actions", "besides"],
    cells: ({ sid, purpose, commands, actions, further = [] }) => [
      ...[sid, purpose, commands.join(", "), listed(actions), listed(further)],
    ],
    before: (name) => HOLDERS[name],
  });
}

const INTRODUCTION = `# Permissions of who operates

Written by \`npm run operator-policy\`, together with the documents; for another stack than dev:

    npm run operator-policy -- --suffix prod --regions us-east-1,eu-west-1 --directory prod-policies

| who | documents |
|---|---|
| a trading system, or whoever sends a tape | producer |
| an auditor, and whoever is on call and only looks | operator-look |
| an operator, who brings back what failed | operator-look, operator-recover |
| who may decide about a failover | operator-look, operator-failover |
| who ends differences between the regions, for as long as that takes | operator-look, operator-mend |

None of them may delete a row or an outcome, change an image, a rule or a schedule, or give permissions. Outputs of the stack
come from Pulumi's state, whose backend has permissions of its own; a file of them will do (\`--outputs\`).

The local cloud decides about every call of the commands by these documents: a test carries out each command as a role
that has its documents and nothing else, and holds that every action is taken. It does not ask for what is under
"besides", which is from the services' guides. None of it has been tried on AWS.
`;

const HOLDERS: Readonly<Record<OperatorDocument, string>> = {
  producer: "Sends trades.",
  "operator-look": "Says where every event is, and proves it. Changes nothing that is kept.",
  "operator-recover": "Runs dead letters and archived events again.",
  "operator-failover": "Starts and ends a failover by hand.",
  "operator-mend": "Writes what one region's tables lack.",
};
