import "./bin/type-stripping.js";

// Not `export … from`: Node would load the TypeScript before it is told how.
export const { HEAD_LIMIT, loadPolicies, PolicyError, readPolicyDocument, SourceFile, startGateway } =
  await import("./src/index.ts");
