import { CONTROL_PREFIX } from "../cloud/endpoint/control-protocol.ts";
import type { Faults } from "../cloud/faults.ts";
import { type Operations, parseFault } from "./fault-schema.ts";

/** What the control interface steers: things of this machine, for which AWS has no operation. */
export interface Controlled {
  readonly faults: Faults;
  readonly operations: Operations;
  /** Outputs of the deployed stack, as `pulumi stack output --json` shows them. */
  readonly outputs: () => Readonly<Record<string, unknown>>;
  readonly routes: Routes;
}

/** A further request that whoever started the services answers, such as `POST run`. */
export type Routes = Readonly<Record<string, (body: unknown) => Promise<ControlAnswer> | ControlAnswer>>;

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Answers a request to the control interface: `GET outputs`, `GET faults`, `POST faults` with a fault as JSON,
 * `DELETE faults` and `DELETE faults/ID`. A mistake is answered with status 400 or 404 and `{"message"}`.
 */
export async function control(
  controlled: Controlled,
  method: string,
  path: string,
  body: string,
): Promise<ControlAnswer> {
  const [resource = "", id, ...rest] = path.slice(CONTROL_PREFIX.length).split("/");
  const { faults, routes } = controlled;
  const further = `${method} ${resource}`;
  const route = id === undefined && Object.hasOwn(routes, further) ? routes[further] : undefined;
  if (route) return answerRoute(route, body);
  if (rest.length === 0)
    switch (`${method} ${resource}${id === undefined ? "" : "/ID"}`) {
      case "GET outputs":
        return { status: 200, body: controlled.outputs() };
      case "GET faults":
        return { status: 200, body: faults.list() };
      case "POST faults":
        return addFault(controlled, body);
      case "DELETE faults": {
        const removed = faults.list().length;
        faults.clear();
        return { status: 200, body: { removed } };
      }
      case "DELETE faults/ID":
        return faults.remove(id ?? "")
          ? { status: 200, body: { removed: 1 } }
          : refusal(
              404,
              `There is no fault "${id}"; there are: ${
                faults
                  .list()
                  .map((each) => each.id)
                  .join(", ") || "none"
              }`,
            );
    }
  return refusal(
    404,
    `${method} ${path} is not known here; known are GET ${CONTROL_PREFIX}outputs and GET, POST, DELETE ${CONTROL_PREFIX}faults`,
  );
}

async function answerRoute(route: Routes[string], body: string): Promise<ControlAnswer> {
  let given: unknown;
  try {
    given = body === "" ? undefined : JSON.parse(body);
  } catch (error) {
    return refusal(400, (error as Error).message);
  }
  try {
    return await route(given);
  } catch (error) {
    return refusal(500, (error as Error).message);
  }
}

function addFault({ faults, operations }: Controlled, body: string): ControlAnswer {
  try {
    const { id, fault, applied } = faults.start(parseFault(JSON.parse(body), operations));
    return { status: 201, body: { id, fault, applied } };
  } catch (error) {
    return refusal(400, (error as Error).message);
  }
}

function refusal(status: number, message: string): ControlAnswer {
  return { status, body: { message } };
}
