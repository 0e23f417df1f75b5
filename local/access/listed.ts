/** Actions as a cell of a table in Markdown. */
export function listed(actions: readonly string[]): string {
  return actions.map((action) => `\`${action}\``).join(" ");
}
