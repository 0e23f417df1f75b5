/** When and where an item of a global table was last written. */
export interface Version {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly region: string;
}

/**
 * Whether a write wins over what is there: the later one does, and at the same time that of the region whose name
 * comes last. (Amazon DynamoDB Developer Guide, "How DynamoDB global tables work": last writer wins.)
 */
export function wins(incoming: Version, existing: Version | undefined): boolean {
  if (!existing) return true;
  if (incoming.time !== existing.time) return incoming.time > existing.time;
  return incoming.region > existing.region;
}

/** The version of a write in `region` that is to replace `existing`: never older than what it replaces. */
export function nextVersion(now: number, region: string, existing: Version | undefined): Version {
  const version = { time: Math.max(now, existing?.time ?? now), region };
  if (!existing || wins(version, existing)) return version;
  return { time: version.time + 1, region };
}
