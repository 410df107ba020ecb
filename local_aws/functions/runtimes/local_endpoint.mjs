/**
 * Lets functions that speak nothing but https reach the local AWS, which speaks http. Functions behind custom resources
 * send their answers with `https.request` to the host of the event's `ResponseURL`, at port 443.
 */
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { urlToHttpOptions } from "node:url";

/**
 * @param {string} address of the local AWS, such as `http://127.0.0.1:4566`.
 */
export function speakHttpWith(address) {
  const local = new URL(address);
  const withTls = https.request;
  https.request = function request(...values) {
    const options = optionsOf(values);
    const port = Number(options.port ?? options.defaultPort ?? 443);
    const host = options.hostname ?? options.host;
    if (host !== local.hostname || ![443, Number(local.port)].includes(port)) return withTls.apply(this, values);
    const callback = values.find((value) => typeof value === "function");
    const { agent, defaultPort, host: _, ...kept } = options;
    return http.request({ ...kept, protocol: "http:", hostname: host, port: local.port }, callback);
  };
  https.get = function get(...values) {
    const request = https.request(...values);
    request.end();
    return request;
  };
  syncBuiltinESMExports();
}

/** What was asked for in any of the forms: an address, options, or both. */
function optionsOf(values) {
  const [first, second] = values;
  const address = typeof first === "string" ? new URL(first) : first;
  if (!(address instanceof URL)) return { ...first };
  return { ...urlToHttpOptions(address), ...(typeof second === "object" ? second : undefined) };
}
