import { PolicyPack } from "@pulumi/policy";
import { PACK_NAME, policiesOf } from "./pack.ts";
import { RULES } from "./rules/rules.ts";

new PolicyPack(PACK_NAME, { policies: policiesOf(RULES) });
