export type { FinishReason, Model, ModelEvent, ModelRequest, ToolChoice } from './model.ts'
