/**
 * Lets a function import what AWS's Node.js runtime brings along (`@aws-sdk/...`), where its own code and layers have
 * no such package. Works for `require` and for `import`.
 */
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const provided = /^@(aws-sdk|aws-crypto|smithy)\//;
const absent = new Set(["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"]);

/**
 * @param {string | undefined} folder the node_modules folder that has AWS's packages; undefined where there is none.
 */
export function provideAwsLibraries(folder) {
  // an older Node.js finds them by NODE_PATH, in CommonJS alone
  if (module.registerHooks === undefined) return;
  const beside = folder === undefined ? undefined : pathToFileURL(path.join(folder, "..", "function.js")).href;
  module.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!absent.has(error.code) || !provided.test(specifier)) throw error;
        if (beside !== undefined) {
          try {
            return next(specifier, { ...context, parentURL: beside });
          } catch (again) {
            if (!absent.has(again.code)) throw again;
          }
        }
        error.message = `Cannot find module '${specifier}': ${explain(folder)}`;
        throw error;
      }
    },
  });
}

function explain(folder) {
  const advice = "bundle the package with the function, or put it into a layer";
  if (folder === undefined) {
    return `the local AWS runs without the packages of package.json (npm ci installs them); ${advice}`;
  }
  return `of AWS's Node.js runtime the local AWS has only the packages of its package.json; ${advice}`;
}
