export { type ErrorReport, maskError } from './mask-error.ts'
export { checkOutput, withModelView } from './outcome.ts'
export { type RunToolOptions, type RunnableCall, invalidInput, runTool } from './run-tool.ts'
