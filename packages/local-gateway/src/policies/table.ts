import { authenticationManagedIdentity } from "./authentication-managed-identity.ts";
import { cacheLookupValue } from "./cache-lookup-value.ts";
import { cacheRemoveValue } from "./cache-remove-value.ts";
import { cacheStoreValue } from "./cache-store-value.ts";
import { choose } from "./choose.ts";
import { cors } from "./cors.ts";
import type { PolicyElement } from "./element.ts";
import { emitMetric } from "./emit-metric.ts";
import { forwardRequest } from "./forward-request.ts";
import { limitConcurrency } from "./limit-concurrency.ts";
import { rateLimitByKey } from "./rate-limit-by-key.ts";
import { retry } from "./retry.ts";
import { returnResponse } from "./return-response.ts";
import { rewriteUri } from "./rewrite-uri.ts";
import { sendRequest } from "./send-request.ts";
import { setBackendService } from "./set-backend-service.ts";
import { setBody } from "./set-body.ts";
import { setHeader } from "./set-header.ts";
import { setMethod } from "./set-method.ts";
import { setQueryParameter } from "./set-query-parameter.ts";
import { setStatus } from "./set-status.ts";
import { setVariable } from "./set-variable.ts";
import { trace } from "./trace.ts";
import { validateJwt } from "./validate-jwt.ts";

/** Every policy element this gateway runs; `base` and `include-fragment` are the compiler's own. */
const ELEMENTS: readonly PolicyElement[] = [
  authenticationManagedIdentity,
  cacheLookupValue,
  cacheRemoveValue,
  cacheStoreValue,
  choose,
  cors,
  emitMetric,
  forwardRequest,
  limitConcurrency,
  rateLimitByKey,
  retry,
  returnResponse,
  rewriteUri,
  sendRequest,
  setBackendService,
  setBody,
  setHeader,
  setMethod,
  setQueryParameter,
  setStatus,
  setVariable,
  trace,
  validateJwt,
];

/** The elements by name. */
export const policyElements: ReadonlyMap<string, PolicyElement> = new Map(
  ELEMENTS.map((element) => [element.name, element]),
);
