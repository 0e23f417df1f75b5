import type { Conditions } from "../policy-document.ts";

/** The documents that permissions are divided into, so that each fits into a managed policy. */
export const DOCUMENTS = [
  "deployer",
  "deployer-events",
  "deployer-foundation",
  "deployer-network",
  "preview",
] as const;
export type DocumentName = (typeof DOCUMENTS)[number];

/** Statements by purpose, and which of their actions who needs. */
export interface DeployerPermission {
  readonly document: DocumentName;
  readonly sid: string;
  readonly purpose: string;
  readonly resources: readonly string[];
  readonly conditions?: Conditions;
  /** Actions that a first deployment takes; a test holds that the local cloud's takes all of them, and no others. */
  readonly deployment?: readonly string[];
  /** Actions that updates, `destroy` or the real providers take besides. */
  readonly further?: readonly string[];
  /** What these are for, and where it is documented. */
  readonly reason?: string;
}
