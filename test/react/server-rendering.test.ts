import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { createToolClient } from '../../src/client/index.ts'
import type { ToolPart } from '../../src/protocol/index.ts'
import {
  ToolApproval,
  ToolCallView,
  ToolErrorNotice,
  ToolExecutionIndicator,
  ToolTimeline,
  useToolCall,
  useToolClient,
} from '../../src/react/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'

const call: ToolPart = {
  type: 'tool',
  toolCallId: 'c1',
  toolName: 'exportReport',
  state: 'output-error',
  input: { month: '<b>May</b>' },
  errorText: 'No disk </p><script>alert(1)</script>',
  errorCode: 'handler-error',
  timings: { startedAt: 1_000, finishedAt: 66_000 },
}

test('a server renders a call that it is given, and its texts stay texts', () => {
  const html = renderToString(createElement(ToolCallView, { call }))
  expect(html).toContain('Export report')
  expect(html).toContain('1 min 5 s')
  expect(html).toContain('No disk &lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(html).not.toContain('<script')
  expect(html).not.toContain('<b>')
})

test('each part renders by itself, and says nothing where there is nothing to say', () => {
  expect(renderToString(createElement(ToolExecutionIndicator, { call }))).toContain('Failed')
  expect(renderToString(createElement(ToolErrorNotice, { call }))).toContain('No disk')
  expect(renderToString(createElement(ToolApproval, { call }))).toBe('')
  const asked: ToolPart = { ...call, state: 'approval-requested' }
  expect(renderToString(createElement(ToolApproval, { call: asked }))).toContain('Don’t allow')
  expect(renderToString(createElement(ToolErrorNotice, { call: asked }))).toBe('')
})

test('a server with a client renders what a page begins with, listens to nothing and sets no timer', () => {
  const world = virtualClock()
  const client = createToolClient({ transport: memoryTransport(), world })
  const before = world.pendingTimers
  const Chat = (): ReturnType<typeof createElement> => {
    const { status, connection } = useToolClient(client)
    const known = useToolCall(client, 'c1')
    return createElement('p', null, `${status} ${connection} ${known?.state ?? 'no call'}`)
  }
  expect(renderToString(createElement(Chat))).toBe('<p>ready connecting no call</p>')
  expect(renderToString(createElement(ToolTimeline, { client }))).toContain('No tool was called')
  expect(world.pendingTimers).toBe(before)
  client.close()
})

test('the entry of the elements loads where there is no page', async () => {
  const { defineToolElements } = await import('../../src/elements/index.ts')
  expect(defineToolElements).toBeTypeOf('function')
})
