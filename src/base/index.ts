export { type ErrorCode, type ErrorDetails, ToolwireError, isToolwireError } from './errors.ts'
export { type Json, type JsonObject, isObject } from './json-value.ts'
export { type World, systemWorld } from './world.ts'
