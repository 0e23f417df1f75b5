import { Input, tagList } from "../input.ts";
import type { Json, Operation } from "../service.ts";
import { type BusStore, notFound } from "./store.ts";

/** Tags of buses and rules by ARN. */
export class Tags {
  readonly #store: BusStore;
  readonly #tags = new Map<string, Record<string, string>>();

  constructor(store: BusStore) {
    this.#store = store;
  }

  set(arn: string, tags: Record<string, string>): void {
    this.#tags.set(arn, tags);
  }

  forget(arn: string): void {
    this.#tags.delete(arn);
  }

  get operations(): Record<string, Operation> {
    return {
      TagResource: (json, { region }) => {
        const arn = this.#resource(json, region, ["Tags"]);
        this.set(arn, { ...this.#tags.get(arn), ...new Input(json).tags("Tags") });
      },
      UntagResource: (json, { region }) => {
        const arn = this.#resource(json, region, ["TagKeys"]);
        const gone = new Input(json).texts("TagKeys");
        const tags = Object.entries(this.#tags.get(arn) ?? {}).filter(([key]) => !gone.includes(key));
        this.set(arn, Object.fromEntries(tags));
      },
      ListTagsForResource: (json, { region }) => {
        return { Tags: tagList(this.#tags.get(this.#resource(json, region, [])) ?? {}) };
      },
    };
  }

  #resource(json: Json, region: string, more: readonly string[]): string {
    const arn = new Input(json).only(["ResourceARN", ...more]).text("ResourceARN");
    if (!this.#store.hasTaggable(region, arn)) throw notFound(`Resource ${arn} does not exist.`);
    return arn;
  }
}
