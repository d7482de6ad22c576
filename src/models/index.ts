// What bridges to the models of other packages share with the adapters here.
export {
  type RequestRetry,
  abortedError,
  hintFor,
  retryAfter,
  sendPatiently,
  untilAborted,
} from './_http.ts'
export { argumentsOf, callState, failureText, isOwn, ownStates, spokenText } from './_history.ts'
export { fields, join, parseJson } from './_json.ts'
export {
  ModelError,
  excerpt,
  ignore,
  protocolError,
  providerError,
  readProblem,
} from './_model-error.ts'
export { ToolNames } from './_names.ts'
export { type Ending, type Slot, ToolSlots } from './_slots.ts'
export { drain } from './_sse.ts'
