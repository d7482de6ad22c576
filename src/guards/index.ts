export { type ErrorReport, maskError } from './mask-error.ts'
export { checkOutput, withModelView } from './outcome.ts'
export { type RunToolOptions, invalidInput, runTool } from './run-tool.ts'
