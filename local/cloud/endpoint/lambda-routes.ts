/** One operation of Lambda's REST API: where its members are in a request, and the status of its answer. */
export interface LambdaRoute {
  readonly operation: string;
  readonly method: string;
  /** Segments of the path; `{Name}` stands for the value of a member. */
  readonly segments: readonly string[];
  /** What the query must contain, if the path alone does not tell the operation. */
  readonly literal: string | undefined;
  readonly status: number;
  /** Members that come in the query, by their name there. */
  readonly query: readonly string[];
}

/** Operation, method, path, status, members in the query (Lambda API Reference, "Request Syntax" of each action). */
const TABLE = `
Invoke POST /2015-03-31/functions/{FunctionName}/invocations 200 Qualifier
CreateFunction POST /2015-03-31/functions 201
ListFunctions GET /2015-03-31/functions 200 FunctionVersion MasterRegion Marker MaxItems
GetFunction GET /2015-03-31/functions/{FunctionName} 200 Qualifier
DeleteFunction DELETE /2015-03-31/functions/{FunctionName} 204 Qualifier
GetFunctionConfiguration GET /2015-03-31/functions/{FunctionName}/configuration 200 Qualifier
UpdateFunctionConfiguration PUT /2015-03-31/functions/{FunctionName}/configuration 200
UpdateFunctionCode PUT /2015-03-31/functions/{FunctionName}/code 200
PublishVersion POST /2015-03-31/functions/{FunctionName}/versions 201
ListVersionsByFunction GET /2015-03-31/functions/{FunctionName}/versions 200 Marker MaxItems
CreateAlias POST /2015-03-31/functions/{FunctionName}/aliases 201
ListAliases GET /2015-03-31/functions/{FunctionName}/aliases 200 FunctionVersion Marker MaxItems
GetAlias GET /2015-03-31/functions/{FunctionName}/aliases/{Name} 200
UpdateAlias PUT /2015-03-31/functions/{FunctionName}/aliases/{Name} 200
DeleteAlias DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name} 204
GetPolicy GET /2015-03-31/functions/{FunctionName}/policy 200 Qualifier
AddPermission POST /2015-03-31/functions/{FunctionName}/policy 201 Qualifier
RemovePermission DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId} 204 Qualifier RevisionId
GetFunctionConcurrency GET /2019-09-30/functions/{FunctionName}/concurrency 200
PutFunctionConcurrency PUT /2017-10-31/functions/{FunctionName}/concurrency 200
DeleteFunctionConcurrency DELETE /2017-10-31/functions/{FunctionName}/concurrency 204
ListProvisionedConcurrencyConfigs GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL 200 Marker MaxItems
GetProvisionedConcurrencyConfig GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency 200 Qualifier
PutProvisionedConcurrencyConfig PUT /2019-09-30/functions/{FunctionName}/provisioned-concurrency 202 Qualifier
DeleteProvisionedConcurrencyConfig DELETE /2019-09-30/functions/{FunctionName}/provisioned-concurrency 204 Qualifier
GetFunctionEventInvokeConfig GET /2019-09-25/functions/{FunctionName}/event-invoke-config 200 Qualifier
PutFunctionEventInvokeConfig PUT /2019-09-25/functions/{FunctionName}/event-invoke-config 200 Qualifier
UpdateFunctionEventInvokeConfig POST /2019-09-25/functions/{FunctionName}/event-invoke-config 200 Qualifier
DeleteFunctionEventInvokeConfig DELETE /2019-09-25/functions/{FunctionName}/event-invoke-config 204 Qualifier
ListFunctionEventInvokeConfigs GET /2019-09-25/functions/{FunctionName}/event-invoke-config/list 200 Marker MaxItems
ListTags GET /2017-03-31/tags/{Resource} 200
TagResource POST /2017-03-31/tags/{Resource} 204
UntagResource DELETE /2017-03-31/tags/{Resource} 204 tagKeys
CreateEventSourceMapping POST /2015-03-31/event-source-mappings 202
ListEventSourceMappings GET /2015-03-31/event-source-mappings 200 EventSourceArn FunctionName Marker MaxItems
GetEventSourceMapping GET /2015-03-31/event-source-mappings/{UUID} 200
UpdateEventSourceMapping PUT /2015-03-31/event-source-mappings/{UUID} 202
DeleteEventSourceMapping DELETE /2015-03-31/event-source-mappings/{UUID} 202
GetAccountSettings GET /2016-08-19/account-settings 200
`;

export const LAMBDA_ROUTES: readonly LambdaRoute[] = TABLE.trim()
  .split("\n")
  .map((row) => {
    const [operation = "", method = "", target = "", status, ...query] = row.split(" ");
    const [path = "", literal] = target.split("?");
    return { operation, method, segments: path.split("/"), literal, status: Number(status), query };
  });
