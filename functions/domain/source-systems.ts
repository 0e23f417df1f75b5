/** Name of each trading system by the EventBridge source that it publishes under. */
export type SourceSystems = ReadonlyMap<string, string>;

/**
 * Reads `system1=trading.system1,system2=trading.system2`; undefined if a pair is malformed, a name or source comes
 * twice, or there is none.
 */
export function parseSourceSystems(text: string): SourceSystems | undefined {
  const systems = new Map<string, string>();
  for (const pair of text.split(",")) {
    const [, name, source] = /^([^=,\s]+)=([^=,\s]+)$/.exec(pair.trim()) ?? [];
    if (name === undefined || source === undefined || systems.has(source)) return undefined;
    if ([...systems.values()].includes(name)) return undefined;
    systems.set(source, name);
  }
  return systems;
}

/** The text that `parseSourceSystems` reads. */
export function formatSourceSystems(systems: SourceSystems): string {
  return [...systems].map(([source, name]) => `${name}=${source}`).join(",");
}
