export { type ErrorCode, type ErrorDetails, ToolwireError, isToolwireError } from './errors.ts'
export { type Json, type JsonObject, asJson, isObject } from './json-value.ts'
export { countedPlaces } from './counted-places.ts'
export { pause } from './pause.ts'
export {
  type World,
  newErrorId,
  systemFetch,
  systemFrame,
  systemLog,
  systemPage,
  systemSoon,
  systemTimer,
  systemWebSocket,
  systemWorld,
} from './world.ts'
export { AsyncQueue } from './async-queue.ts'
export { checkForeignValue, parseForeignJson } from './limits.ts'
export { canonicalJson } from './canonical-json.ts'
export { sha256 } from './sha256.ts'
export {
  type AppendListener,
  type JsonProblem,
  type PartialJsonLimits,
  type PartialJsonOptions,
  type PartialJsonParser,
  createPartialJsonParser,
} from './partial-json.ts'
