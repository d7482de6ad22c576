import { type ToolwireError, isToolwireError } from '../../src/base/index.ts'

/** The error that `run` throws; fails where it throws none, or one that is not ours. */
export function thrownBy(run: () => unknown): ToolwireError {
  try {
    run()
  } catch (error) {
    if (isToolwireError(error)) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}
