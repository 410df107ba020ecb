/**
 * Runs a Node.js handler in a process of its own; the local AWS talks to it over a Unix socket.
 *
 * Started as `node node_runtime.mjs SOCKET TOKEN [LIBRARIES]`, where LIBRARIES is the node_modules folder with what
 * AWS's runtime brings along. A message is one line of JSON with a `size`, followed by that
 * many bytes. Output goes to standard output; a line that starts with a NUL byte is for the local AWS: `log` carries
 * a log record with its line ends, `end` says that an invocation's output is complete.
 */
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { format } from "node:util";
import { pathToFileURL } from "node:url";
import { provideAwsLibraries } from "./aws_libraries.mjs";
import { speakHttpWith } from "./local_endpoint.mjs";

const [, , socketPath, token, libraries] = process.argv;
const environment = process.env;
const jsonLines = environment.AWS_LAMBDA_LOG_FORMAT === "JSON";
const write = process.stdout.write.bind(process.stdout);
const channel = net.connect(socketPath);
const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const threshold = levels.indexOf(environment.AWS_LAMBDA_LOG_LEVEL || "TRACE");
let requestId = "";

class InitError extends Error {
  constructor(kind, message, trace = []) {
    super(message);
    this.kind = kind;
    this.trace = trace;
  }
}

const control = (kind, value) =>
  new Promise((resolve) => write(`\0${kind} ${JSON.stringify(value)}\n`, resolve));

const send = (header, payload = "") => {
  const bytes = Buffer.from(payload);
  channel.write(Buffer.concat([Buffer.from(JSON.stringify({ ...header, size: bytes.length }) + "\n"), bytes]));
};

function record(level, values) {
  if (levels.indexOf(level) < threshold) return;
  const timestamp = new Date().toISOString();
  if (jsonLines) {
    const message = values.length === 1 && typeof values[0] === "object" ? values[0] : format(...values);
    control("log", JSON.stringify({ timestamp, level, requestId, message }));
  } else {
    control("log", `${timestamp}\t${requestId || "undefined"}\t${level}\t${format(...values)}`);
  }
}

for (const [name, level] of Object.entries({
  trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR",
})) {
  console[name] = (...values) => record(level, values);
}

function describe(error) {
  if (error instanceof InitError) return { errorType: error.kind, errorMessage: error.message, trace: error.trace };
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack || "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: format("%s", error), trace: [] };
}

/** The handler that "folder/module.name" names: CommonJS or an ES module. */
async function load(name) {
  const folder = path.dirname(name);
  const [moduleName, ...names] = path.basename(name).split(".");
  if (names.length === 0) throw new InitError("Runtime.MalformedHandlerName", "Bad handler");
  const stem = path.resolve(environment.LAMBDA_TASK_ROOT, folder, moduleName);
  const file = [".js", ".mjs", ".cjs"].map((end) => stem + end).find((candidate) => fs.existsSync(candidate));
  if (file === undefined) {
    throw new InitError("Runtime.ImportModuleError", `Error: Cannot find module '${moduleName}'`);
  }
  let loaded;
  try {
    loaded = await import(pathToFileURL(file));
  } catch (error) {
    const trace = (error.stack || "").split("\n");
    if (error instanceof SyntaxError) throw new InitError("Runtime.UserCodeSyntaxError", `${error}`, trace);
    if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") {
      throw new InitError("Runtime.ImportModuleError", `Error: ${error.message}`, trace);
    }
    throw error;
  }
  const find = (from) => names.reduce((value, part) => value?.[part], from);
  const handler = find(loaded) ?? find(loaded.default);
  const full = `${path.join(folder, moduleName)}.${names.join(".")}`;
  if (handler === undefined) throw new InitError("Runtime.HandlerNotFound", `${full} is undefined or not exported`);
  if (typeof handler !== "function") throw new InitError("Runtime.HandlerNotFound", `${full} is not a function`);
  return handler;
}

function contextOf(header) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: header.functionArn,
    awsRequestId: header.requestId,
    clientContext: header.clientContext ?? undefined,
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(header.deadline * 1000 - Date.now())),
  };
}

/**
 * Calls the handler in either of its forms: a promise, or a callback as third argument. As on AWS, the answer is null
 * where nothing is left to do and none was given: the channel then does not keep the event loop alive.
 */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const done = (error, answer) => (error === null || error === undefined ? resolve(answer) : reject(error));
    context.done = done;
    context.succeed = (answer) => done(null, answer);
    context.fail = (error) => done(error ?? new Error("handled error"));
    process.once("beforeExit", () => resolve(null));
    channel.unref();
    const answer = handler(event, context, done);
    // what a function without a promise returns is not its answer
    if (typeof answer?.then === "function") answer.then(resolve, reject);
  }).finally(() => {
    channel.ref();
    process.removeAllListeners("beforeExit");
  });
}

function serialize(answer) {
  try {
    return JSON.stringify(answer === undefined ? null : answer) ?? "null";
  } catch (error) {
    throw new InitError("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
  }
}

async function invoke(handler, header, payload) {
  requestId = header.requestId;
  environment._X_AMZN_TRACE_ID = header.traceId;
  let kind = "result";
  let answer;
  try {
    answer = serialize(await call(handler, JSON.parse(payload), contextOf(header)));
  } catch (error) {
    kind = "error";
    answer = JSON.stringify(describe(error));
    record("ERROR", ["Invoke Error", answer]);
  }
  await control("end", requestId);
  send({ type: kind }, answer);
}

async function fail(kind, error) {
  const { errorType, errorMessage, trace } = describe(error);
  const told = { errorType: kind ?? errorType, errorMessage: kind ? `${errorType}: ${errorMessage}` : errorMessage, trace };
  record("ERROR", [kind ? "Uncaught Exception" : "Init Error", JSON.stringify(told)]);
  await control("end", requestId);
  // the local AWS hangs up once it has read this: a process that is gone before that has told nothing
  channel.removeAllListeners("end");
  channel.on("end", () => process.exit(129));
  channel.resume();
  send({ type: kind ? "fatal" : "init-error" }, JSON.stringify(told));
}

process.on("unhandledRejection", (error) => fail("Runtime.UnhandledPromiseRejection", error));
process.on("uncaughtException", (error) => fail("Runtime.UnhandledException", error));

provideAwsLibraries(libraries);
speakHttpWith(environment.AWS_ENDPOINT_URL);
send({ type: "hello", token });
let handler;
try {
  handler = await load(environment._HANDLER);
} catch (error) {
  await fail(null, error);
  await new Promise(() => {});
}
send({ type: "ready" });

let pending = Buffer.alloc(0);
channel.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  const end = pending.indexOf("\n");
  if (end < 0) return;
  const header = JSON.parse(pending.subarray(0, end));
  const payload = pending.subarray(end + 1, end + 1 + header.size);
  if (payload.length < header.size) return;
  pending = pending.subarray(end + 1 + header.size);
  invoke(handler, header, payload.toString());
});
channel.on("end", () => process.exit(0));
