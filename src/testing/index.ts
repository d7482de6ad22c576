export { type BrokerSuiteOptions, brokerSuite } from './broker-suite.ts'
export type { BrokerBench, BrokerTraits } from './broker-suite/bench.ts'
export { type HistoryFormat, historyValidators } from './history-validators.ts'
export type { HistoryOptions, HistoryValidator } from './history/history-validator.ts'
export type { HistoryProblem, HistoryRule } from './history/place.ts'
export type { FaultCounts } from './faulty-wire/faults.ts'
export {
  type FaultyTransport,
  type MemoryTransportOptions,
  memoryTransport,
} from './memory-transport.ts'
export { type ModelSuiteOptions, modelSuite } from './model-suite.ts'
export type { CreateModel, ModelUnderTest } from './model-suite/bench.ts'
export type { ValidateHistory } from './model-suite/history-cases.ts'
export type {
  ExpectedAnswer,
  ExpectedCall,
  ModelRecording,
  ModelRefusal,
  ModelStreams,
} from './model-suite/recording.ts'
export { type FrameRecorder, type RecordFramesOptions, recordFrames } from './record-frames.ts'
export type { RecordedEnd, RecordedLine, Redact, Way } from './replay/recorded-line.ts'
export { type Replay, type ReplayFramesOptions, replayFrames } from './replay-frames.ts'
export { type ScriptedModel, type ScriptedModelOptions, scriptedModel } from './scripted-model.ts'
export type { ScriptedServer } from './scripted-server.ts'
export type { Script, ScriptCall, ScriptError, ScriptStep } from './scripted-step.ts'
export { type StoreSuiteOptions, storeSuite } from './store-suite.ts'
export type { StoreBench } from './store-suite/bench.ts'
export { type TransportSuiteOptions, transportSuite } from './transport-suite.ts'
export type { TransportBench, TransportTraits } from './transport-suite/bench.ts'
export { type VirtualClock, virtualClock } from './virtual-clock.ts'
export type { SuiteCase } from './suite-case.ts'
