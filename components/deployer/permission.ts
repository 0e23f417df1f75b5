import type { PeoplesPermission } from "../people/permission.ts";

/** The documents that permissions are divided into, so that each fits into a managed policy. */
export const DOCUMENTS = [
  "deployer",
  "deployer-events",
  "deployer-foundation",
  "deployer-network",
  "preview",
] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

/** Statements by purpose, and which of their actions who needs; `further` are those of updates, `destroy` and the real providers. */
export interface DeployerPermission extends PeoplesPermission<DocumentName> {
  /** Actions that a first deployment takes; a test holds that the local cloud's takes all of them, and no others. */
  readonly deployment?: readonly string[];
  /** What the further ones are for, and where it is documented. */
  readonly reason?: string;
}
