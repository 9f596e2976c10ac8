import { diagnosticsWithoutTokens } from "./diagnostics-without-tokens.ts";
import { entraListsInTurn } from "./entra-lists-in-turn.ts";
import { foundByAzd } from "./found-by-azd.ts";
import { keyUserRole } from "./key-user-role.ts";
import { keysStayInTheVault } from "./keys-stay-in-the-vault.ts";
import { knownAttributes } from "./known-attributes.ts";
import { namedValuesDefined } from "./named-values-defined.ts";
import { namesFit } from "./names-fit.ts";
import { noCorsOnSignIn } from "./no-cors-on-sign-in.ts";
import { noHostKey } from "./no-host-key.ts";
import { noKeyAuthentication } from "./no-key-authentication.ts";
import { noPublicStoreWhenPrivate } from "./no-public-store-when-private.ts";
import { noSecretOutput } from "./no-secret-output.ts";
import { operationsKnownLocally } from "./operations-known-locally.ts";
import { policiesEqualFiles } from "./policies-equal-files.ts";
import { policiesSaveBeforeApps } from "./policies-save-before-apps.ts";
import { referencesResolve } from "./references-resolve.ts";
import { removedLast } from "./removed-last.ts";
import { resourceProvidersRegistered } from "./resource-providers-registered.ts";
import { roleAssignmentsListed } from "./role-assignments-listed.ts";
import type { Rule } from "./rule.ts";
import { subnetsUsedWhenReady } from "./subnets-used-when-ready.ts";
import { tls } from "./tls.ts";

/** What holds for every stack, whatever the settings. */
export const rules: readonly Rule[] = [
  noKeyAuthentication,
  noPublicStoreWhenPrivate,
  noSecretOutput,
  noHostKey,
  tls,
  noCorsOnSignIn,
  diagnosticsWithoutTokens,
  roleAssignmentsListed,
  keyUserRole,
  keysStayInTheVault,
  namedValuesDefined,
  policiesEqualFiles,
  policiesSaveBeforeApps,
  operationsKnownLocally,
  foundByAzd,
  namesFit,
  knownAttributes,
  referencesResolve,
  resourceProvidersRegistered,
  subnetsUsedWhenReady,
  removedLast,
  entraListsInTurn,
];
