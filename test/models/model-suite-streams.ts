// What the servers of every format send in situations that all of them know, written by hand.
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { ModelSuiteOptions } from '../../src/testing/index.ts'

const sse = (...events: readonly unknown[]): string =>
  events
    .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    .join('')

const hello = 'Grüß Gott 👋'
const look = { city: 'Zürich', days: 2 }
const asked = { toolName: 'look', input: look }

/** OpenAI Chat Completions. */
export function chat(): ModelSuiteOptions {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason }],
  })
  const open = (index: number, id: string, name: string) =>
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
  const piece = (index: number, text: string) =>
    chunk({ tool_calls: [{ index, function: { arguments: text } }] })
  const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }
  const end = (reason: string) => [chunk({}, reason), usage, '[DONE]']
  return {
    name: 'openaiChat',
    create: (options) => openaiChat({ model: 'm', ...options }),
    refusal: {
      status: 401,
      body: '{"error":{"message":"No such key.","type":"invalid_request_error","code":"invalid_api_key"}}',
      error: 'No such key.',
    },
    streams: {
      text: {
        bytes: sse(
          chunk({ role: 'assistant', content: '' }),
          chunk({ content: 'Grüß ' }),
          chunk({ content: 'Gott 👋' }),
          ...end('stop'),
        ),
        expected: {
          text: hello,
          reason: 'stop',
          rawReason: 'stop',
          usage: { inputTokens: 3, outputTokens: 4 },
        },
      },
      call: {
        bytes: sse(
          open(0, 'call_a', 'look'),
          piece(0, '{"city":"Zü'),
          piece(0, 'rich","days":2}'),
          ...end('tool_calls'),
        ),
        expected: { calls: [{ ...asked, toolCallId: 'call_a' }], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: sse(
          chunk({ content: 'I look.' }),
          open(0, 'call_a', 'look'),
          piece(0, '{"city":"Zürich","days":2}'),
          open(1, 'call_b', 'read'),
          piece(1, '{"n":1}'),
          ...end('tool_calls'),
        ),
        expected: {
          text: 'I look.',
          calls: [
            { ...asked, toolCallId: 'call_a' },
            { toolName: 'read', toolCallId: 'call_b', input: { n: 1 } },
          ],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: sse(open(0, 'call_a', 'now'), ...end('tool_calls')),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      cutCall: {
        bytes: sse(open(0, 'call_a', 'look'), piece(0, '{"city":"Zü'), ...end('length')),
        expected: { calls: [{ toolName: 'look', problem: 'truncated' }], reason: 'length' },
      },
      error: {
        bytes: sse(
          chunk({ content: 'Grüß' }),
          { error: { message: 'Overloaded.', code: 502 } },
          '[DONE]',
        ),
        expected: { text: 'Grüß', reason: 'error', error: 'Overloaded.' },
      },
      more: {
        'a refusal': {
          bytes: sse(chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }), ...end('stop')),
          expected: { refusal: 'I cannot.', reason: 'stop' },
        },
        'a thought and its state': {
          bytes: sse(
            chunk({ reasoning_content: 'Let me\u0000 ' }),
            chunk({ reasoning_content: 'see.' }),
            open(0, 'call_a', 'look'),
            piece(0, JSON.stringify(look)),
            ...end('tool_calls'),
          ),
          expected: {
            reasoning: 'Let me\u0000 see.',
            calls: [asked],
            reason: 'tool-calls',
            echoes: ['Let me\u0000 see.'],
          },
        },
      },
    },
  }
}

/** OpenAI Responses. */
export function responses(): ModelSuiteOptions {
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E+/=\u0000é' }
  const added = (output_index: number, item: object) => ({
    type: 'response.output_item.added',
    output_index,
    item,
  })
  const done = (output_index: number, item: object) => ({
    type: 'response.output_item.done',
    output_index,
    item,
  })
  const message = { type: 'message', id: 'msg_1', role: 'assistant' }
  const says = (index: number, ...deltas: readonly string[]) => [
    added(index, { ...message, content: [] }),
    ...deltas.map((delta) => ({ type: 'response.output_text.delta', output_index: index, delta })),
    done(index, { ...message, content: [{ type: 'output_text', text: deltas.join('') }] }),
  ]
  const calls = (index: number, call_id: string, name: string, ...pieces: readonly string[]) => {
    const item = { type: 'function_call', id: `fc_${index}`, call_id, name }
    return [
      added(index, { ...item, arguments: '' }),
      ...pieces.map((delta) => ({
        type: 'response.function_call_arguments.delta',
        output_index: index,
        delta,
      })),
      done(index, { ...item, arguments: pieces.join(''), status: 'completed' }),
    ]
  }
  const usage = { input_tokens: 3, output_tokens: 4 }
  const end = { type: 'response.completed', response: { status: 'completed', output: [], usage } }
  return {
    name: 'openaiResponses',
    create: (options) => openaiResponses({ model: 'gpt-5', ...options }),
    refusal: {
      status: 400,
      body: '{"error":{"message":"No such model.","code":"model_not_found"}}',
      error: 'No such model.',
    },
    streams: {
      text: {
        bytes: sse({ type: 'response.created', response: {} }, ...says(0, 'Grüß ', 'Gott 👋'), end),
        expected: { text: hello, reason: 'stop', usage: { inputTokens: 3, outputTokens: 4 } },
      },
      call: {
        bytes: sse(...calls(0, 'call_a', 'look', '{"city":"Zü', 'rich","days":2}'), end),
        expected: { calls: [{ ...asked, toolCallId: 'call_a' }], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: sse(
          ...says(0, 'I look.'),
          ...calls(1, 'call_a', 'look', JSON.stringify(look)),
          ...calls(2, 'call_b', 'read', '{"n":1}'),
          end,
        ),
        expected: {
          text: 'I look.',
          calls: [
            { ...asked, toolCallId: 'call_a' },
            { toolName: 'read', toolCallId: 'call_b', input: { n: 1 } },
          ],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: sse(...calls(0, 'call_a', 'now', '{}'), end),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      cutCall: {
        bytes: sse(...calls(0, 'call_a', 'look', '{"city":"Zü').slice(0, 2), {
          type: 'response.incomplete',
          response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
        }),
        expected: { calls: [{ toolName: 'look', problem: 'truncated' }], reason: 'length' },
      },
      error: {
        bytes: sse(...says(0, 'Grüß').slice(0, 2), {
          type: 'error',
          code: 'server_error',
          message: 'Overloaded.',
        }),
        expected: { text: 'Grüß', reason: 'error', error: 'Overloaded.' },
      },
      more: {
        'reasoning before a call': {
          bytes: sse(
            added(0, { ...reasoning, encrypted_content: '' }),
            done(0, reasoning),
            ...calls(1, 'call_a', 'look', JSON.stringify(look)),
            end,
          ),
          expected: {
            calls: [{ ...asked, toolCallId: 'call_a' }],
            reason: 'tool-calls',
            echoes: ['E+/=\u0000é', 'rs_1', 'fc_1'],
          },
        },
      },
    },
  }
}

/** Anthropic Messages. */
export function claude(): ModelSuiteOptions {
  const start = {
    type: 'message_start',
    message: { id: 'msg_1', content: [], usage: { input_tokens: 3 } },
  }
  const block = (index: number, content_block: object, ...deltas: readonly object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const text = (index: number, ...pieces: readonly string[]) =>
    block(
      index,
      { type: 'text', text: '' },
      ...pieces.map((piece) => ({ type: 'text_delta', text: piece })),
    )
  const use = (index: number, id: string, name: string, ...pieces: readonly string[]) =>
    block(
      index,
      { type: 'tool_use', id, name, input: {} },
      ...pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    )
  const end = (stop_reason: string) => [
    { type: 'message_delta', delta: { stop_reason }, usage: { output_tokens: 4 } },
    { type: 'message_stop' },
  ]
  return {
    name: 'anthropic',
    create: (options) => anthropic({ model: 'm', ...options }),
    refusal: {
      status: 401,
      body: '{"type":"error","error":{"type":"authentication_error","message":"No such key."}}',
      error: 'No such key.',
    },
    streams: {
      text: {
        bytes: sse(start, ...text(0, 'Grüß ', 'Gott 👋'), ...end('end_turn')),
        expected: {
          text: hello,
          reason: 'stop',
          rawReason: 'end_turn',
          usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
        },
      },
      call: {
        bytes: sse(
          start,
          ...use(0, 'toolu_a', 'look', '', '{"city":"Zü', 'rich","days":2}'),
          ...end('tool_use'),
        ),
        expected: { calls: [{ ...asked, toolCallId: 'toolu_a' }], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: sse(
          start,
          ...text(0, 'I look.'),
          ...use(1, 'toolu_a', 'look', JSON.stringify(look)),
          ...use(2, 'toolu_b', 'read', '{"n":1}'),
          ...end('tool_use'),
        ),
        expected: {
          text: 'I look.',
          calls: [
            { ...asked, toolCallId: 'toolu_a' },
            { toolName: 'read', toolCallId: 'toolu_b', input: { n: 1 } },
          ],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: sse(start, ...use(0, 'toolu_a', 'now', ''), ...end('tool_use')),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      cutCall: {
        bytes: sse(start, ...use(0, 'toolu_a', 'look', '{"city":"Zü'), ...end('max_tokens')),
        expected: { calls: [{ toolName: 'look', problem: 'truncated' }], reason: 'length' },
      },
      error: {
        bytes: sse(start, ...text(0, 'Grüß'), {
          type: 'error',
          error: { type: 'overloaded_error', message: 'Overloaded.' },
        }),
        expected: { text: 'Grüß', reason: 'error', error: 'Overloaded.' },
      },
      more: {
        'signed thinking before a call': {
          bytes: sse(
            start,
            ...block(
              0,
              { type: 'thinking', thinking: '', signature: '' },
              { type: 'thinking_delta', thinking: 'Hm\u0000é' },
              { type: 'signature_delta', signature: 'S+/=' },
            ),
            ...block(1, { type: 'redacted_thinking', data: 'R+/=' }),
            ...use(2, 'toolu_a', 'look', JSON.stringify(look)),
            ...end('tool_use'),
          ),
          expected: {
            reasoning: 'Hm\u0000é',
            calls: [{ ...asked, toolCallId: 'toolu_a' }],
            reason: 'tool-calls',
            echoes: ['Hm\u0000é', 'S+/=', 'R+/='],
          },
        },
        'a search of the server': {
          bytes: sse(
            start,
            ...block(
              0,
              { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
              { type: 'input_json_delta', partial_json: '{"q":"x"}' },
            ),
            ...block(1, {
              type: 'web_search_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: [{ encrypted_content: 'W+/=' }],
            }),
            ...text(2, 'Found.'),
            ...end('end_turn'),
          ),
          expected: { text: 'Found.', reason: 'stop', echoes: ['srvtoolu_1', 'W+/='] },
        },
      },
    },
  }
}

/** Gemini. */
export function google(): ModelSuiteOptions {
  const parts = (...all: readonly object[]) => ({
    candidates: [{ content: { role: 'model', parts: all } }],
  })
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 4 }
  const end = (finishReason: string) => ({
    candidates: [{ content: { parts: [{ text: '' }] }, finishReason }],
    usageMetadata,
  })
  const call = (name: string, args: object | undefined, more: object = {}) => ({
    functionCall: { name, args },
    ...more,
  })
  return {
    name: 'gemini',
    create: (options) => gemini({ model: 'gemini-3-pro', ...options }),
    refusal: {
      status: 400,
      body: '[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]',
      error: 'API key not valid.',
    },
    streams: {
      text: {
        bytes: sse(parts({ text: 'Grüß ' }), parts({ text: 'Gott 👋' }), end('STOP')).replaceAll(
          '\n',
          '\r\n',
        ),
        expected: {
          text: hello,
          reason: 'stop',
          rawReason: 'STOP',
          usage: { inputTokens: 3, outputTokens: 4 },
        },
      },
      call: {
        bytes: sse(parts(call('look', look)), end('STOP')),
        expected: { calls: [asked], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: sse(
          parts({ text: 'I look.' }),
          parts(call('look', look), call('read', { n: 1 })),
          end('STOP'),
        ),
        expected: {
          text: 'I look.',
          calls: [asked, { toolName: 'read', input: { n: 1 } }],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: sse(parts(call('now', undefined)), end('STOP')),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      cutCall: {
        bytes: sse(
          parts({ functionCall: { name: 'look', willContinue: true } }),
          parts({
            functionCall: {
              partialArgs: [{ jsonPath: '$.city', stringValue: 'Zü', willContinue: true }],
              willContinue: true,
            },
          }),
          end('MAX_TOKENS'),
        ),
        expected: { calls: [{ toolName: 'look', problem: 'truncated' }], reason: 'length' },
      },
      error: {
        bytes: sse(parts({ text: 'Grüß' }), {
          error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' },
        }),
        expected: { text: 'Grüß', reason: 'error', error: 'Overloaded.' },
      },
      more: {
        'signed calls with ids': {
          bytes: sse(
            parts({ text: 'Hm', thought: true }),
            parts(call('look', look, { thoughtSignature: 'S+/=' })),
            parts({ functionCall: { id: 'abc12345', name: 'read', args: { n: 1 } } }),
            end('STOP'),
          ),
          expected: {
            reasoning: 'Hm',
            calls: [asked, { toolName: 'read', toolCallId: 'abc12345', input: { n: 1 } }],
            reason: 'tool-calls',
            echoes: ['S+/='],
          },
        },
        'arguments in pieces': {
          bytes: sse(
            parts({ functionCall: { name: 'look', willContinue: true } }),
            parts({
              functionCall: {
                partialArgs: [{ jsonPath: '$.city', stringValue: 'Zü', willContinue: true }],
                willContinue: true,
              },
            }),
            parts({
              functionCall: {
                partialArgs: [
                  { jsonPath: '$.city', stringValue: 'rich' },
                  { jsonPath: '$.days', numberValue: 2 },
                ],
                willContinue: true,
              },
            }),
            parts({ functionCall: {} }),
            end('STOP'),
          ),
          expected: { calls: [asked], reason: 'tool-calls' },
        },
      },
    },
  }
}

/** Ollama. */
export function llama(): ModelSuiteOptions {
  const lines = (...all: readonly object[]): string =>
    all.map((line) => `${JSON.stringify(line)}\n`).join('')
  const says = (message: object) => ({
    message: { role: 'assistant', content: '', ...message },
    done: false,
  })
  const end = (done_reason = 'stop') => ({
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason,
    prompt_eval_count: 3,
    eval_count: 4,
  })
  const call = (name: string, input: object, id?: string) => ({
    id,
    function: { name, arguments: input },
  })
  return {
    name: 'ollama',
    create: (options) => ollama({ model: 'm', ...options }),
    contentType: 'application/x-ndjson',
    refusal: {
      status: 404,
      body: '{"error":"model \\"m\\" not found"}',
      error: 'model "m" not found',
    },
    streams: {
      text: {
        bytes: lines(says({ content: 'Grüß ' }), says({ content: 'Gott 👋' }), end()),
        expected: { text: hello, reason: 'stop', usage: { inputTokens: 3, outputTokens: 4 } },
      },
      call: {
        bytes: lines(says({ tool_calls: [call('look', look, 'call_a')] }), end()),
        expected: { calls: [{ ...asked, toolCallId: 'call_a' }], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: lines(
          says({ content: 'I look.', tool_calls: [call('look', look)] }),
          says({ tool_calls: [call('read', { n: 1 })] }),
          end(),
        ),
        expected: {
          text: 'I look.',
          calls: [asked, { toolName: 'read', input: { n: 1 } }],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: lines(says({ tool_calls: [call('now', {})] }), end()),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      error: {
        bytes: lines(says({ content: 'Grüß' }), { error: 'Out of memory.' }),
        expected: { text: 'Grüß', reason: 'error', error: 'Out of memory.' },
      },
      more: {
        'a thought': {
          bytes: lines(
            says({ thinking: 'Let me ' }),
            says({ thinking: 'see.' }),
            says({ content: 'Hi' }),
            end('length'),
          ),
          expected: {
            reasoning: 'Let me see.',
            text: 'Hi',
            reason: 'length',
            echoes: ['Let me see.'],
          },
        },
      },
    },
  }
}

/** Cohere. */
export function command(): ModelSuiteOptions {
  const text = (...pieces: readonly string[]) =>
    pieces.map((piece) => ({
      type: 'content-delta',
      index: 0,
      delta: { message: { content: { text: piece } } },
    }))
  const call = (index: number, id: string, name: string, ...pieces: readonly string[]) => [
    {
      type: 'tool-call-start',
      index,
      delta: {
        message: { tool_calls: { id, type: 'function', function: { name, arguments: '' } } },
      },
    },
    ...pieces.map((piece) => ({
      type: 'tool-call-delta',
      index,
      delta: { message: { tool_calls: { function: { arguments: piece } } } },
    })),
    { type: 'tool-call-end', index },
  ]
  const end = (finish_reason: string) => ({
    type: 'message-end',
    delta: { finish_reason, usage: { tokens: { input_tokens: 3, output_tokens: 4 } } },
  })
  return {
    name: 'cohere',
    create: (options) => cohere({ model: 'm', ...options }),
    refusal: { status: 401, body: '{"message":"invalid api token"}', error: 'invalid api token' },
    streams: {
      text: {
        bytes: sse(
          { type: 'message-start', delta: { message: { role: 'assistant' } } },
          ...text('Grüß ', 'Gott 👋'),
          end('COMPLETE'),
        ),
        expected: { text: hello, reason: 'stop', usage: { inputTokens: 3, outputTokens: 4 } },
      },
      call: {
        bytes: sse(
          ...call(0, 'look_a', 'look', '{"city":"Zü', 'rich","days":2}'),
          end('TOOL_CALL'),
        ),
        expected: { calls: [{ ...asked, toolCallId: 'look_a' }], reason: 'tool-calls' },
      },
      parallelCalls: {
        bytes: sse(
          ...call(0, 'look_a', 'look', JSON.stringify(look)),
          ...call(1, 'read_b', 'read', '{"n":1}'),
          end('TOOL_CALL'),
        ),
        expected: {
          calls: [
            { ...asked, toolCallId: 'look_a' },
            { toolName: 'read', toolCallId: 'read_b', input: { n: 1 } },
          ],
          reason: 'tool-calls',
        },
      },
      callWithoutInput: {
        bytes: sse(...call(0, 'now_a', 'now'), end('TOOL_CALL')),
        expected: { calls: [{ toolName: 'now', input: {} }], reason: 'tool-calls' },
      },
      cutCall: {
        bytes: sse(...call(0, 'look_a', 'look', '{"city":"Zü').slice(0, 2), end('MAX_TOKENS')),
        expected: { calls: [{ toolName: 'look', problem: 'truncated' }], reason: 'length' },
      },
      error: {
        bytes: sse(...text('Grüß'), {
          type: 'message-end',
          delta: { finish_reason: 'ERROR', error: 'Overloaded.' },
        }),
        expected: { text: 'Grüß', reason: 'error', error: 'Overloaded.' },
      },
      more: {
        'a plan': {
          bytes: sse(
            { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will ' } } },
            { type: 'tool-plan-delta', delta: { message: { tool_plan: 'look.' } } },
            ...call(0, 'look_a', 'look', JSON.stringify(look)),
            end('TOOL_CALL'),
          ),
          expected: {
            reasoning: 'I will look.',
            calls: [{ ...asked, toolCallId: 'look_a' }],
            reason: 'tool-calls',
            echoes: ['I will look.'],
          },
        },
      },
    },
  }
}
