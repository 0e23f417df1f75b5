/** `npm run policy`: bundles the policy pack into `policy/dist`. */
import { buildPolicyPack, POLICY_PACK_DIRECTORY } from "./build.ts";

await buildPolicyPack();
console.log(POLICY_PACK_DIRECTORY);
