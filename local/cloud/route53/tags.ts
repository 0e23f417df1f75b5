import { Input, tagList } from "../input.ts";
import type { Json, Operation } from "../service.ts";
import type { HealthCheck } from "./health.ts";
import { findCheck } from "./operations.ts";

/** ChangeTagsForResource takes this many tags and keys (Route 53 API Reference). */
const MAXIMUM_CHANGES = 10;

/** The operations on tags: those of health checks. */
export function tagOperations(checks: ReadonlyMap<string, HealthCheck>): Record<string, Operation> {
  const tagsOf = (input: Input): Map<string, string> => {
    input.text("ResourceType", { oneOf: ["healthcheck"] });
    return findCheck(checks, input.text("ResourceId")).tags;
  };
  const parameters = (json: Json, ...more: string[]) =>
    new Input(json, "InvalidInput").only(["ResourceType", "ResourceId", ...more]);
  return {
    ChangeTagsForResource: (json) => {
      const input = parameters(json, "AddTags", "RemoveTagKeys");
      const tags = tagsOf(input);
      for (const member of ["AddTags", "RemoveTagKeys"])
        if (input.list(member).length > MAXIMUM_CHANGES)
          throw input.refuse(
            member,
            input.list(member).length,
            `Member must have up to ${MAXIMUM_CHANGES} members`,
          );
      for (const key of input.texts("RemoveTagKeys")) tags.delete(key);
      for (const [key, value] of Object.entries(input.tags("AddTags"))) tags.set(key, value);
    },
    ListTagsForResource: (json) => {
      const input = parameters(json);
      const Tags = tagList(Object.fromEntries(tagsOf(input)));
      const { ResourceType, ResourceId } = json;
      return { ResourceTagSet: { ResourceType, ResourceId, Tags } };
    },
  };
}
