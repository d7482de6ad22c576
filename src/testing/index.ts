export { type ScriptedModel, type ScriptedModelOptions, scriptedModel } from './scripted-model.ts'
export type { ScriptedServer } from './scripted-server.ts'
export type { Script, ScriptCall, ScriptError, ScriptStep } from './scripted-step.ts'
export { type VirtualClock, virtualClock } from './virtual-clock.ts'
