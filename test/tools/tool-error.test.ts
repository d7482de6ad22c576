import { expect, test } from 'vitest'
import { isToolwireError } from '../../src/base/index.ts'
import { ToolError } from '../../src/tools/index.ts'

test('a tool error speaks to the model and to people, and keeps its cause', () => {
  const cause = new Error('ECONNREFUSED')
  const error = new ToolError('The warehouse is closed; try another.', {
    forUser: 'Closed today.',
    retryable: true,
    code: 'warehouse-closed',
    cause,
  })
  expect(error).toMatchObject({
    code: 'warehouse-closed',
    messageForModel: 'The warehouse is closed; try another.',
    message: 'The warehouse is closed; try another.',
    forUser: 'Closed today.',
    retryable: true,
    cause,
    name: 'ToolError',
  })
  expect(isToolwireError(error)).toBe(true)
})

test('a bare tool error is not retryable and has a general code', () => {
  const error = new ToolError('No.')
  expect([error.retryable, error.code, error.forUser]).toEqual([false, 'TOOL_FAILED', undefined])
  expect('cause' in error).toBe(false)
})
