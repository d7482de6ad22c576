export { type ScriptStep, scriptedModel } from './scripted-model.ts'
export { type VirtualClock, virtualClock } from './virtual-clock.ts'
