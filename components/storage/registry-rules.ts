/** What a registry's rule copies where, as ECR describes it (Amazon ECR API Reference, "ReplicationRule"). */
export interface ReplicationRule {
  readonly destinations?:
    | readonly { readonly region?: string | undefined; readonly registryId?: string | undefined }[]
    | undefined;
  readonly repositoryFilters?:
    | readonly { readonly filter?: string | undefined; readonly filterType?: string | undefined }[]
    | undefined;
}

/** What a stack's own rule is made from. */
export interface OwnRule {
  /** Account whose registry it is, and whose registry it copies to. */
  readonly registryId: string;
  readonly destinationRegion: string;
  /** What the names of the repositories that are copied begin with. */
  readonly repository: string;
}

/** The one rule of a stack. */
export function ownRule({ registryId, destinationRegion, repository }: OwnRule) {
  return {
    destinations: [{ region: destinationRegion, registryId }],
    repositoryFilters: [{ filter: repository, filterType: "PREFIX_MATCH" }],
  };
}

/** Whether a rule is exactly that of one of these stacks, or of one stack as it was before. */
function isOwn(rule: ReplicationRule, own: readonly OwnRule[]): boolean {
  const { destinations = [], repositoryFilters = [] } = rule;
  const [destination] = destinations;
  const [filter] = repositoryFilters;
  return own.some(
    ({ registryId, destinationRegion, repository }) =>
      destinations.length === 1 &&
      repositoryFilters.length === 1 &&
      destination?.region === destinationRegion &&
      destination.registryId === registryId &&
      filter?.filter === repository &&
      filter.filterType === "PREFIX_MATCH",
  );
}

/** Rules that are not exactly the stack's own, each as text; `own` are its rule now and as it was before. */
export function foreignRules(rules: readonly ReplicationRule[], own: readonly OwnRule[]): string[] {
  return rules.filter((rule) => !isOwn(rule, own)).map(ruleText);
}

function ruleText({ destinations = [], repositoryFilters = [] }: ReplicationRule): string {
  const filters = repositoryFilters.map(({ filter }) => `"${filter}"`).join(", ");
  const places = destinations
    .map(({ region, registryId }) => `${region} of account ${registryId}`)
    .join(", ");
  return `${filters ? `repositories that begin with ${filters}` : "every repository"} to ${places || "nowhere"}`;
}
