/** How the SDK's clients are set up: little patience of their own, since the workflow retries. */
export const CLIENT_OPTIONS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2000, throwOnRequestTimeout: true },
} as const;
