/** Takes a data point of a metric, as CloudWatch's PutMetricData does. */
export interface MetricsPort {
  record(
    region: string,
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
    value: number,
    unit?: string,
  ): void;
}

/** Takes one line for a log stream; the group is the plain name, without ARN. */
export type LogPort = (region: string, group: string, stream: string, message: string) => void;
