import type { Json } from "../../service.ts";
import { type ActionTable, anything, member, need, type Place, regional, rows } from "./table.ts";

/** Amazon SNS. */
function topic(input: Json, at: Place): string {
  return (
    member(input, "TopicArn") || member(input, "TargetArn") || regional("sns", at, member(input, "Name"))
  );
}

/** A subscription's ARN is its topic's and an id. */
function topicOfSubscription(input: Json): string {
  return member(input, "SubscriptionArn").split(":").slice(0, 6).join(":");
}

export const SNS_ACTIONS: ActionTable = {
  ...rows("sns", topic, "CreateTopic", "DeleteTopic", "GetTopicAttributes", "SetTopicAttributes", "Publish"),
  ...rows("sns", topic, "Subscribe", "ConfirmSubscription", "ListSubscriptionsByTopic"),
  ...rows("sns", topic, "AddPermission", "RemovePermission"),
  ...rows(
    "sns",
    topicOfSubscription,
    "Unsubscribe",
    "GetSubscriptionAttributes",
    "SetSubscriptionAttributes",
  ),
  ...rows(
    "sns",
    (input) => member(input, "ResourceArn"),
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
  ),
  ...rows("sns", anything, "ListTopics", "ListSubscriptions"),
  PublishBatch: need("sns:Publish", topic),
};
