import { describe, expect, test } from 'vitest'
import type { TextCallFamily } from '../../src/models/text-calls.ts'
import type { ToolDescriptor } from '../../src/protocol/index.ts'
import { violations } from './answer.ts'
import { callsOf, families, hearText, tool, tools } from './text-calls-setup.ts'

interface Shape {
  readonly says: string
  /** What the model writes. */
  readonly text: string
  readonly calls: readonly string[]
  /** What stays text; nothing unless given. */
  readonly rest?: string
}

const paris = 'get_weather {"city":"Paris"}'

/** DSML with any bars. */
const dsml = (bars: string, markup: string): string =>
  markup.replaceAll('<:', `<${bars}DSML${bars}`).replaceAll('</:', `</${bars}DSML${bars}`)
const wide = (markup: string): string => dsml('｜', markup)

const shapes: Readonly<Record<TextCallFamily, readonly Shape[]>> = {
  hermes: [
    {
      says: 'its template',
      text: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}\n</tool_call>',
      calls: ['get_weather {"city": "Paris", "days": 3}'],
    },
    {
      says: 'several calls, and text before and behind them',
      text: 'Let me see.\n<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}}\n</tool_call>\n<tool_call>\n{"name":"get_time","arguments":{"tz":"UTC"}}\n</tool_call>\nOne moment.',
      calls: [paris, 'get_time {"tz":"UTC"}'],
      rest: 'Let me see.\n\nOne moment.',
    },
    {
      says: 'its own end within a string',
      text: '<tool_call>{"name": "write", "arguments": {"content": "a </tool_call> b"}}</tool_call>',
      calls: ['write {"content": "a </tool_call> b"}'],
    },
    {
      says: 'quotes and braces within a string',
      text: '<tool_call>{"name":"write","arguments":{"content":"\\"}}{ \\\\"}}</tool_call>!',
      calls: ['write {"content":"\\"}}{ \\\\"}'],
      rest: '!',
    },
    {
      says: 'no end, where the server stopped at it',
      text: '<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}}',
      calls: [paris],
    },
    {
      says: 'no last brace',
      text: '<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}\n</tool_call> x',
      calls: [paris],
      rest: ' x',
    },
    {
      says: 'parameters for arguments, and other members',
      text: '<tool_call>{"id": "1", "type": "function", "name": "get_weather", "parameters": {"city":"Paris"}, "n": [1]}</tool_call>',
      calls: [paris],
    },
    {
      says: 'the input before the name',
      text: '<tool_call>{"arguments": {"city":"Paris"}, "name": "get_weather"}</tool_call>',
      calls: [paris],
    },
    {
      says: 'the input as text, as the APIs want it',
      text: '<tool_call>{"name": "get_weather", "arguments": "{\\"city\\":\\"Paris\\"}"}</tool_call>',
      calls: [paris],
    },
    {
      says: 'no arguments at all, or empty ones',
      text: '<tool_call>{"name":"exec"}</tool_call><tool_call>{"name":"exec","arguments":{}}</tool_call><tool_call>{"name":"exec","arguments":null}</tool_call><tool_call>{"name":"exec","arguments":""}</tool_call>',
      calls: ['exec {}', 'exec {}', 'exec {}', 'exec {}'],
    },
    {
      says: 'an input that is no JSON',
      text: `<tool_call>{"name":"exec","arguments":{'command':'ls'}}</tool_call>`,
      calls: [`exec malformed: {'command':'ls'}`],
    },
    {
      says: 'an input that is no object',
      text: '<tool_call>{"name":"exec","arguments":["ls"]}</tool_call><tool_call>{"name":"exec","arguments":"ls"}</tool_call>',
      calls: ['exec malformed: ["ls"]', 'exec malformed: ls'],
    },
    {
      says: 'two inputs, or two names',
      text: '<tool_call>{"name":"exec","arguments":{},"arguments":{"a":1}}</tool_call>|<tool_call>{"name":"exec","arguments":{},"name":"write"}</tool_call>',
      calls: ['exec malformed: {}', 'exec malformed: {}'],
      rest: '{"a":1}}</tool_call>|"write"}</tool_call>',
    },
    {
      says: 'its end a few lines below',
      text: '<tool_call>{"name":"exec","arguments":{}}\n \n  </tool_call>.',
      calls: ['exec {}'],
      rest: '.',
    },
    {
      says: 'two inputs, of which the first is text, and members without a value',
      text: '<tool_call>{"name":"exec","arguments":"{}","parameters":{"a":1}}</tool_call> <tool_call>{"x":,"name":"exec","arguments":{}}</tool_call>',
      calls: [],
      rest: '<tool_call>{"name":"exec","arguments":"{}","parameters":{"a":1}}</tool_call> <tool_call>{"x":,"name":"exec","arguments":{}}</tool_call>',
    },
    {
      says: 'another tool, or none',
      text: '<tool_call>{"name":"rm","arguments":{"a":"<tool_call>"}}</tool_call> <tool_call>{"arguments":{}}</tool_call> <tool_call>{"name":7}</tool_call>',
      calls: [],
      rest: '<tool_call>{"name":"rm","arguments":{"a":"<tool_call>"}}</tool_call> <tool_call>{"arguments":{}}</tool_call> <tool_call>{"name":7}</tool_call>',
    },
    {
      says: 'a call within the input of another tool',
      text: '<tool_call>{"arguments":{"a":"<tool_call>{","b":"\\"name\\":\\"exec\\"}"},"name":"rm"}</tool_call>',
      calls: [],
      rest: '<tool_call>{"arguments":{"a":"<tool_call>{","b":"\\"name\\":\\"exec\\"}"},"name":"rm"}</tool_call>',
    },
    {
      says: 'talk about its own marks',
      text: 'A call is in <tool_call> and </tool_call>, as in <tool_call>{json}</tool_call>.',
      calls: [],
      rest: 'A call is in <tool_call> and </tool_call>, as in <tool_call>{json}</tool_call>.',
    },
    {
      says: 'a mark that is begun twice',
      text: '<tool_<tool_call><tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>',
      calls: [paris],
      rest: '<tool_<tool_call>',
    },
  ],
  'qwen-coder': [
    {
      says: 'its template',
      text: 'I look.\n<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>',
      calls: ['get_weather {"city":"Paris","days":3}'],
      rest: 'I look.\n',
    },
    {
      says: 'no first tag, but the last one',
      text: 'I look.\n\n<function=exec>\n<parameter=command>\nls\n</parameter>\n</function>\n</tool_call>\nSo.',
      calls: ['exec {"command":"ls"}'],
      rest: 'I look.\n\n\nSo.',
    },
    {
      says: 'all in one line',
      text: '<tool_call><function=exec><parameter=command>ls</parameter></function></tool_call>',
      calls: ['exec {"command":"ls"}'],
    },
    {
      says: 'several functions in one tag',
      text: '<tool_call>\n<function=exec>\n<parameter=command>\na\n</parameter>\n</function>\n<function=exec>\n<parameter=command>\nb\n</parameter>\n</function>\n</tool_call>',
      calls: ['exec {"command":"a"}', 'exec {"command":"b"}'],
    },
    {
      says: 'a function without its end, in a tag with one',
      text: '<tool_call>\n<function=exec>\n<parameter=command>\na\n</parameter>\n</tool_call>\n<tool_call>\n<function=exec>\n<parameter=command>\nb\n</parameter>\n<function=exec></function></tool_call>',
      calls: ['exec {"command":"a"}', 'exec {"command":"b"}', 'exec {}'],
    },
    {
      says: 'no parameters',
      text: '<tool_call>\n<function=exec>\n</function>\n</tool_call>',
      calls: ['exec {}'],
    },
    {
      says: 'nothing of a function but its beginning',
      text: '<tool_call>\n<function=exec>\n</tool_call>',
      calls: ['exec malformed: '],
    },
    {
      says: 'names in quotes',
      text: `<function="exec"><parameter='command'>ls</parameter></function>`,
      calls: ['exec {"command":"ls"}'],
    },
    {
      says: 'text with markup, line feeds and spaces, as it is',
      text: '<function=write><parameter=content>\n\n  <b>a</b> <function>\n</parameter x>\n\r\n</parameter></function>',
      calls: ['write {"content":"\\n  <b>a</b> <function>\\n</parameter x>\\n"}'],
    },
    {
      says: 'an object for an input, as Llama writes it',
      text: '<function=exec>{"command": "ls"}</function>',
      calls: ['exec {"command": "ls"}'],
    },
    {
      says: 'a parameter without its end',
      text: '<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>\nSo.',
      calls: [
        'get_weather malformed: <parameter=city>\nParis\n<parameter=days>\n3\n</parameter>\n</function>',
      ],
      rest: '\nSo.',
    },
    {
      says: 'the end of a parameter within a parameter',
      text: '<function=write><parameter=content>\nWrite </parameter> behind it.\n</parameter></function>',
      calls: [
        'write malformed: <parameter=content>\nWrite </parameter> behind it.\n</parameter></function>',
      ],
    },
    {
      says: 'a parameter twice',
      text: '<function=exec><parameter=command>a</parameter><parameter=command>b</parameter></function>',
      calls: [
        'exec malformed: <parameter=command>a</parameter><parameter=command>b</parameter></function>',
      ],
    },
    {
      says: 'a tag without its end',
      text: '<function=exec><parameter=command</function> <function=exec><parameter</function>.',
      calls: [
        'exec malformed: <parameter=command</function>',
        'exec malformed: <parameter</function>',
      ],
      rest: '.',
    },
    {
      says: 'text between the parameters',
      text: '<function=exec>Now <parameter=command>a</parameter></function>',
      calls: ['exec malformed: Now <parameter=command>a</parameter></function>'],
    },
    {
      says: 'another tool',
      text: '<tool_call>\n<function=rm>\n<parameter=path>\n/\n</parameter>\n</function>\n</tool_call>',
      calls: [],
      rest: '<tool_call>\n<function=rm>\n<parameter=path>\n/\n</parameter>\n</function>\n</tool_call>',
    },
    {
      says: 'talk about functions',
      text: 'Use <function=name> or <function=exec in a <tool_call> of yours.',
      calls: [],
      rest: 'Use <function=name> or <function=exec in a <tool_call> of yours.',
    },
  ],
  json: [
    {
      says: 'a bare object',
      text: '{"name": "get_weather", "arguments": {"city":"Paris"}}',
      calls: [paris],
    },
    {
      says: 'a bare object, indented, with white space around it',
      text: '\n\n{\n  "name": "get_weather",\n  "parameters": {"city":"Paris"}\n}\n',
      calls: [paris],
      rest: '\n\n',
    },
    {
      says: 'the type of a call, and the input before the name or as text',
      text: '{"type": "function", "parameters": "{\\"city\\":\\"Paris\\"}", "name": "get_weather"}',
      calls: [paris],
    },
    {
      says: 'several objects',
      text: '{"name":"get_weather","arguments":{"city":"Paris"}}\n{"name":"exec","arguments":{}}; {"name":"exec","arguments":{}}',
      calls: [paris, 'exec {}', 'exec {}'],
    },
    {
      says: 'a list of objects',
      text: '[{"name":"get_weather","arguments":{"city":"Paris"}}, {"name":"exec","arguments":{}}]',
      calls: [paris, 'exec {}'],
    },
    {
      says: 'a fence, with text around it',
      text: 'I look:\n\n```json\n{"name": "get_weather", "arguments": {"city":"Paris"}}\n```\nDone.',
      calls: [paris],
      rest: 'I look:\n\n\nDone.',
    },
    {
      says: 'fences without a language, and with two calls',
      text: '```\n{"name":"exec","arguments":{}}\n```\n  ```tool_call\n{"name":"exec","arguments":{}}{"name":"get_time","arguments":{}}```',
      calls: ['exec {}', 'exec {}', 'get_time {}'],
    },
    ...[
      [
        'an example in prose',
        'Use this:\n```json\n{"name": "alice", "arguments": ["x"]}\n```\nDone.',
      ],
      ['an object behind text', 'It is {"name": "exec", "arguments": {}}'],
      ['text behind an object', '{"name": "exec", "arguments": {}} runs it.'],
      ['a fence in a line', 'Write ```{"name": "exec", "arguments": {}}``` for it.'],
      ['a fence with text in it', '```json\n// a call\n{"name": "exec", "arguments": {}}\n```'],
      [
        'a fence with text behind the object',
        '```json\n{"name":"exec","arguments":{}}\nor so\n```',
      ],
      ['a fence that stays open', '```json\n{"name": "exec", "arguments": {}}\n'],
      ['another tool', '{"name": "rm", "arguments": {}}'],
      [
        'another tool beside a known one',
        '{"name":"exec","arguments":{}}{"name":"rm","arguments":{}}',
      ],
      ['another member', '{"name": "exec", "arguments": {}, "age": 7}'],
      ['another type', '{"type": "object", "name": "exec", "arguments": {}}'],
      ['two inputs', '{"name": "exec", "arguments": {}, "parameters": {}}'],
      ['two names', '{"name": "exec", "name": "write", "arguments": {}}'],
      ['no input', '{"name": "exec"}'],
      ['an input that is no object', '{"name": "exec", "arguments": ["ls"]}'],
      ['an input that is text', '{"name": "exec", "arguments": "ls"}'],
      ['an input that is no JSON', `{"name": "exec", "arguments": {'command': 'ls'}}`],
      ['a number for a name', '{"name": 7, "arguments": {}}'],
      ['no object', '[1, 2]'],
      ['nothing in brackets', '[]'],
      ['a template', '{{ name }} is "exec"'],
    ].map(([says = '', text = '']) => ({ says, text, calls: [], rest: text })),
  ],
  kimi: [
    {
      says: 'its template',
      text: 'I look.<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Paris"}<|tool_call_end|><|tool_call_begin|>functions.exec:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>',
      calls: [paris, 'exec {}'],
      rest: 'I look.',
    },
    {
      says: 'white space between its tokens',
      text: '<|tool_calls_section_begin|>\n<|tool_call_begin|>\nfunctions.get_weather:0 <|tool_call_argument_begin|>\n{"city":"Paris"}\n<|tool_call_end|>\n<|tool_calls_section_end|>\n',
      calls: [paris],
    },
    {
      says: 'ids out of form',
      text: [
        'functionsexec5',
        'functions.exec6',
        'functions_exec_7',
        'exec:8',
        'exec',
        'functions:exec:9',
      ]
        .map((id) => `<|tool_call_begin|>${id}<|tool_call_argument_begin|>{}<|tool_call_end|>`)
        .join(''),
      calls: Array.from({ length: 6 }, () => 'exec {}'),
    },
    {
      says: 'a section in the singular, and one without calls of its own',
      text: '<|tool_call_section_begin|><|tool_call_begin|>exec:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_call_section_end|><|tool_calls_section_begin|>functions.exec:1<|tool_call_argument_begin|>{}<|tool_calls_section_end|>',
      calls: ['exec {}', 'exec {}'],
    },
    {
      says: 'its own end within a string',
      text: '<|tool_call_begin|>functions.exec:0<|tool_call_argument_begin|>{"command":"<|tool_call_end|>"}<|tool_call_end|>',
      calls: ['exec {"command":"<|tool_call_end|>"}'],
    },
    {
      says: 'no input, and one that is no object',
      text: '<|tool_call_begin|>functions.exec:0<|tool_call_argument_begin|><|tool_call_end|><|tool_call_begin|>functions.exec:1<|tool_call_argument_begin|>ls <-l<|tool_call_end|>',
      calls: ['exec {}', 'exec malformed: ls <-l'],
    },
    {
      says: 'an input that is no JSON, and ends nowhere',
      text: `<|tool_call_begin|>functions.exec:0<|tool_call_argument_begin|>{'a': 1`,
      calls: [`exec truncated: {'a': 1`],
    },
    {
      says: 'an input that is no object, and ends nowhere',
      text: '<|tool_call_begin|>functions.exec:0<|tool_call_argument_begin|>ls',
      calls: ['exec truncated: ls'],
    },
    {
      says: 'another tool',
      text: '<|tool_calls_section_begin|><|tool_call_begin|>functions.rm:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>',
      calls: [],
      rest: '<|tool_calls_section_begin|><|tool_call_begin|>functions.rm:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>',
    },
    {
      says: 'talk about its tokens',
      text: 'Between <|tool_call_begin|> and <|tool_call_end|> stands exec:0.',
      calls: [],
      rest: 'Between <|tool_call_begin|> and <|tool_call_end|> stands exec:0.',
    },
  ],
  deepseek: [
    ...['｜', '‖', '|', '｜｜', '||', '‖‖'].flatMap((bars) =>
      ['function_calls', 'tool_calls'].map((block) => ({
        says: `its template, with the bars ${bars} and the block ${block}`,
        text: dsml(
          bars,
          `I look.\n\n<:${block}>\n<:invoke name="get_weather">\n<:parameter name="city" string="true">Paris</:parameter>\n<:parameter name="days" string="false">3</:parameter>\n</:invoke>\n<:invoke name="exec">\n</:invoke>\n</:${block}>`,
        ),
        calls: ['get_weather {"city":"Paris","days":3}', 'exec {}'],
        rest: 'I look.\n\n',
      })),
    ),
    {
      says: 'no block, and text between calls',
      text: wide(
        'One. <:invoke name="exec"><:parameter name="command" string="true">a</:parameter></:invoke> Two. <:invoke name="exec"><:parameter name="command" string="true">b</:parameter></:invoke></:tool_calls> Three.',
      ),
      calls: ['exec {"command":"a"}', 'exec {"command":"b"}'],
      rest: 'One.  Two.  Three.',
    },
    {
      says: 'a block without its end, whose mark has no end or a bar too many',
      text: wide(
        '<:tool_calls\n<:invoke name="exec">\n</:invoke>\n<:tool_calls|> <:invoke name="exec"></:invoke>',
      ),
      calls: ['exec {}', 'exec {}'],
    },
    {
      says: 'calls without their ends',
      text: wide(
        '<:tool_calls><:invoke name="exec"><:parameter name="command" string="true">a</:parameter><:invoke name="exec"><:parameter name="command" string="true">b</:parameter></:tool_calls>',
      ),
      calls: ['exec {"command":"a"}', 'exec {"command":"b"}'],
    },
    {
      says: 'a call of one tag',
      text: wide('<:tool_calls><:invoke name="exec" /><:invoke name="exec"/></:tool_calls>'),
      calls: ['exec {}', 'exec {}'],
    },
    {
      says: 'an object for an input',
      text: wide('<:invoke name="exec">\n{"command": "</b>"}\n</:invoke>'),
      calls: ['exec {"command": "</b>"}'],
    },
    {
      says: 'the quotation marks of prose',
      text: wide(
        '<:invoke name=“exec”><:parameter name=“command” string=“true”>ls</:parameter></:invoke>',
      ),
      calls: ['exec {"command":"ls"}'],
    },
    {
      says: 'parameters of one tag, as V4 Flash writes them',
      text: dsml(
        '｜｜',
        '<:tool_calls>\n<:invoke name="exec">\n<:invoke name="command" string="echo a > b" />\n</:invoke>\n</:tool_calls>',
      ),
      calls: ['exec {"command":"echo a > b"}'],
    },
    {
      says: 'parameters that do not say what they are',
      text: wide(
        '<:invoke name="get_weather"><:parameter name="city">3</:parameter><:parameter name="days">3</:parameter></:invoke>',
      ),
      calls: ['get_weather {"city":"3","days":3}'],
    },
    {
      says: 'text that the schema does not want, which stays what the model says it is',
      text: wide(
        '<:invoke name="get_weather"><:parameter name="days" string="true">3</:parameter></:invoke>',
      ),
      calls: ['get_weather {"days":"3"}'],
    },
    {
      says: 'a parameter with the name of a tool',
      text: wide('<:parameter name="exec" string="true">3</:parameter>'),
      calls: [],
      rest: wide('<:parameter name="exec" string="true">3</:parameter>'),
    },
    {
      says: 'JSON that is none, which stays text for validation',
      text: wide(
        '<:invoke name="get_weather"><:parameter name="days" string="false">three</:parameter></:invoke>',
      ),
      calls: ['get_weather {"days":"three"}'],
    },
    {
      says: 'every kind of JSON, and markup and spaces in text',
      text: wide(
        '<:invoke name="write"><:parameter name="a" string="false"> {"b": [1, null]} </:parameter><:parameter name="content" string="true"> <b>x</b>\n</:parameter><:parameter name="d" string="false">"e"</:parameter></:invoke>',
      ),
      calls: ['write {"a":{"b": [1, null]},"content":" <b>x</b>\\n","d":"e"}'],
    },
    ...[
      [
        'a mark within a parameter',
        '<:parameter name="command" string="true">a <:b> c</:parameter>',
      ],
      ['a parameter without its end', '<:parameter name="command" string="true">a'],
      ['the end of another parameter', '</:parameter>'],
      ['a parameter without a name', '<:parameter string="true">a</:parameter>'],
      ['a parameter of one tag without text', '<:parameter name="command" string="true" />'],
      ['text between the parameters', 'x <:parameter name="command" string="true">a</:parameter>'],
      ['a tag that stays open', '<:parameter name="command"'],
      ['a quotation that stays open', '<:parameter name="command'],
    ].map(([says = '', body = '']) => ({
      says,
      text: wide(`<:invoke name="exec">${body}</:invoke>.`),
      calls: [`exec malformed: ${wide(`${body}</:invoke>`)}`],
      rest: '.',
    })),
    {
      says: 'a call without parameters and without its end',
      text: wide('<:tool_calls><:invoke name="exec"></:tool_calls>'),
      calls: ['exec malformed: '],
    },
    {
      says: 'another tool, beside a known one',
      text: wide(
        '<:tool_calls>\n<:invoke name="rm">\n</:invoke>\n<:invoke name="exec">\n</:invoke>',
      ),
      calls: ['exec {}'],
      rest: wide('<:tool_calls>\n<:invoke name="rm">\n</:invoke>\n'),
    },
    {
      says: 'talk about its markup',
      text: 'The token ｜DSML｜ is in <｜DSML｜invoke> and <｜DSML｜function_calls>, not in <DSML>.',
      calls: [],
      rest: 'The token ｜DSML｜ is in <｜DSML｜invoke> and <｜DSML｜function_calls>, not in <DSML>.',
    },
    {
      says: 'the tokens of V3.1',
      text: '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city":"Paris"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>exec<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      calls: [paris, 'exec {}'],
    },
    {
      says: 'the tokens of V3',
      text: 'So:<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city":"Paris"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>exec\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      calls: [paris, 'exec {}'],
      rest: 'So:',
    },
    {
      says: 'the tokens with another tool',
      text: '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>rm<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      calls: [],
      rest: '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>rm<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    },
  ],
  'gpt-oss': [
    ...[
      '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Paris"}<|call|>',
      '<|start|>assistant<|channel|>commentary to=functions.get_weather<|constrain|>json<|message|>{"city":"Paris"}<|call|>',
      '<|start|>assistant to=functions.get_weather<|channel|>commentary json<|message|>{"city":"Paris"}<|call|>',
      'to=functions.get_weather<|channel|>commentary <|constrain|>json<|message|>{"city":"Paris"}<|call|>',
      '<|channel|>commentary to=get_weather code<|message|>{"city":"Paris"}<|end|>',
      '<|channel|>commentary to=functions.get_weather<|message|>\n{"city":"Paris"}',
      'commentary to=functions.get_weather json{"city":"Paris"}',
      'assistantcommentary to=functions.get_weather json {"city":"Paris"}',
    ].map((form) => ({ says: form.slice(0, 60), text: form, calls: [paris] })),
    {
      says: 'a thought and a preamble before the call',
      text: '<|channel|>analysis<|message|>I need get_weather.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Paris"}<|call|>',
      calls: [paris],
      rest: '<|channel|>analysis<|message|>I need get_weather.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|>',
    },
    {
      says: 'its own end within a string',
      text: '<|channel|>commentary to=functions.exec<|message|>{"command":"<|call|>"}<|call|>',
      calls: ['exec {"command":"<|call|>"}'],
    },
    ...[
      [
        'another channel',
        '<|channel|>analysis to=functions.exec <|constrain|>json<|message|>{}<|call|>',
      ],
      [
        'another tool',
        '<|channel|>commentary to=functions.rm <|constrain|>json<|message|>{}<|call|>',
      ],
      ['nobody called', '<|channel|>commentary<|message|>{"name":"exec"}<|end|>'],
      [
        'the result of a tool',
        '<|start|>functions.exec to=assistant<|channel|>commentary<|message|>{}<|end|>',
      ],
      [
        'an input that is no object',
        '<|channel|>commentary to=functions.exec<|message|>ls<|call|>',
      ],
      [
        'talk about recipients',
        'Write commentary to=functions.exec and then json, or to=functions.exec alone.',
      ],
    ].map(([says = '', text = '']) => ({ says, text, calls: [], rest: text })),
  ],
  llama: [
    {
      says: 'calls with literals',
      text: `[get_weather(city="Paris", days=3), get_time(tz='UTC')]`,
      calls: ['get_weather {"city":"Paris","days":3}', 'get_time {"tz":"UTC"}'],
    },
    {
      says: 'every kind of literal',
      text: `[write(a=None, b=True, c=false, d=-1.5e3, e=[1, 'x',], f={'g': {"h": []}, 'i': null}, j={}, k='')]`,
      calls: [
        'write {"a":null,"b":true,"c":false,"d":-1.5e3,"e":[1,"x"],"f":{"g":{"h":[]},"i":null},"j":{},"k":""}',
      ],
    },
    {
      says: 'escapes',
      text: String.raw`[write(a='Martha\'s "x"', b="\"]\\", c='\n\t\x41\u00e9\U0001F600\101\d', d="it's ]")]`,
      calls: [
        `write ${JSON.stringify({ a: `Martha's "x"`, b: '"]\\', c: '\n\tAé😀A\\d', d: "it's ]" })}`,
      ],
    },
    {
      says: 'calls without arguments, behind text and in lines of their own',
      text: 'I look.\n  [exec( ), exec(\n),\n]\nDone.',
      calls: ['exec {}', 'exec {}'],
      rest: 'I look.\n  \nDone.',
    },
    {
      says: 'its tags',
      text: `<|python_start|>[get_weather(city="Paris")]<|python_end|><|python_tag|>[exec()]<|eom_id|>`,
      calls: [paris, 'exec {}'],
    },
    {
      says: 'JSON behind its tag',
      text: '<|python_tag|>{"type": "function", "name": "get_weather", "parameters": {"city":"Paris"}}<|eom_id|>',
      calls: [paris],
    },
    {
      says: 'a function with an object',
      text: '<function=get_weather>{"city":"Paris"}</function>',
      calls: [paris],
    },
    ...[
      ['another tool', '[rm(path="/")]'],
      ['another tool beside a known one', '[exec(), rm(path="/")]'],
      ['positions for names', '[exec("ls")]'],
      ['no literals', '[exec(command=ls)]'],
      ['more than literals', '[exec(command="a" + "b")]'],
      ['a name twice', '[exec(command="a", command="b")]'],
      ['an argument without a value', '[exec(command)]'],
      ['numbers that are none of JSON', '[exec(n=01)] [exec(n=1_000)]\n[exec(n=.5)]'],
      ['keys that are no text', '[exec(n={1: 2})]'],
      ['a list within a line', 'Write [exec(command="ls")] for it.'],
      ['a link', '[exec](https://host.test) and [get_time (UTC)]'],
      ['a list of something else', '[1, 2] [x]'],
      ['something behind its tag', '<|python_tag|>print(1)'],
    ].map(([says = '', text = '']) => ({ says, text, calls: [], rest: text })),
  ],
}

describe.each(families)('the family %s', (family) => {
  test.each(shapes[family])('reads $says', async ({ text, calls, rest = '' }) => {
    for (const size of [1, 3, text.length]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      const answer = await hearText(pieces, { family })
      expect(callsOf(answer)).toEqual(calls)
      expect(answer.text).toBe(rest)
      expect(violations(answer)).toEqual([])
      const cut = answer.calls.some(({ problem }) => problem === 'truncated')
      expect(answer.finish.reason).toBe(cut ? 'length' : calls.length > 0 ? 'tool-calls' : 'stop')
    }
  })

  test('reads the same beside all other families', async () => {
    for (const { text, calls, rest = '' } of shapes[family]) {
      const alone = await hearText(text, { family })
      const others = families.filter((other) => other !== family)
      const together = await hearText(text, { family: [family, ...others] })
      // Of what is no call of this family, another one may make one.
      if (calls.length > 0) expect(callsOf(together)).toEqual(callsOf(alone))
      if (calls.length > 0) expect(together.text).toBe(rest)
    }
  })
})

test('a call within another one is none, whichever family it is of', async () => {
  for (const text of [
    '<tool_call>{"arguments":{"a":"<function=exec></function>"},"name":"rm"}</tool_call>',
    '{"name":"write","arguments":{"a":"\\n[exec()]\\n<tool_call>{}"},"b":1}',
  ])
    for (const family of [families, families.toReversed()]) {
      const answer = await hearText(text, { family })
      expect(callsOf(answer)).toEqual([])
      expect(answer.text).toBe(text)
    }
})

test('the tokens of V3.1 call a tool that has the name of a token of V3', async () => {
  const text = '<｜tool▁call▁begin｜>function<｜tool▁sep｜>{"a":1}<｜tool▁call▁end｜>'
  const heard = async (name: string) => callsOf(await hearText(text, { tools: [tool(name)] }))
  expect(await heard('function')).toEqual(['function {"a":1}'])
  expect(await heard('exec')).toEqual([])
})

test('what has to begin a line or the answer does not, behind a call', async () => {
  const call = '<tool_call>{"name":"exec","arguments":{}}</tool_call>'
  for (const [behind, count] of [
    ['[exec()]', 1],
    ['\n[exec()]', 2],
    ['\n{"name":"exec","arguments":{}}', 1],
  ] as const) {
    const answer = await hearText(call + behind)
    expect(answer.calls).toHaveLength(count)
    expect(answer.text).toBe(count === 1 ? behind : '')
  }
})

test('an end that stands far behind its call is text', async () => {
  const far = `${' '.repeat(300)}</tool_call>`
  const answer = await hearText(`<tool_call>{"name":"exec","arguments":{}}${far}`)
  expect(answer.text).toBe(far)
})

test('several families share a mark', async () => {
  const text =
    '<tool_call>{"name":"exec","arguments":{}}</tool_call><tool_call><function=exec></function></tool_call>'
  for (const family of [
    ['hermes', 'qwen-coder'],
    ['qwen-coder', 'hermes'],
  ] as const)
    expect(callsOf(await hearText(text, { family }))).toEqual(['exec {}', 'exec {}'])
})

test('an id of Kimi that names two tools is text, unless it is in its form', async () => {
  const said = (id: string): string =>
    `<|tool_call_begin|>${id}<|tool_call_argument_begin|>{}<|tool_call_end|>`
  const two = [tool('exec'), tool('exec5')]
  for (const [id, calls] of [
    ['functions.exec5:0', ['exec5 {}']],
    ['functions.exec:5', ['exec {}']],
    ['exec5', ['exec5 {}']],
    ['functionsexec5', []],
    ['functions.exec57', []],
    ['functionsexec67', ['exec {}']],
  ] as const) {
    const answer = await hearText(said(id), { family: 'kimi', tools: two })
    expect([id, callsOf(answer)]).toEqual([id, calls])
    expect(answer.text).toBe(calls.length > 0 ? '' : said(id))
  }
})

test('a call of Kimi keeps the id that the model gave it, as Kimi wants it back', async () => {
  const said = ['functions.exec:7', 'functionsexec8', 'functions.exec:7'].map(
    (id) => `<|tool_call_begin|>${id}<|tool_call_argument_begin|>{}<|tool_call_end|>`,
  )
  const { calls } = await hearText(said, { family: 'kimi' })
  expect(calls.map(({ toolCallId }) => toolCallId)).toEqual([
    'functions.exec:7',
    'call_1',
    'call_2',
  ])
})

interface Typed {
  readonly text: string
  readonly schema: object
  readonly json: string
}

const typed: readonly Typed[] = [
  { text: '5', schema: { type: 'string' }, json: '"5"' },
  { text: '5', schema: { type: 'number' }, json: '5' },
  { text: '5', schema: { type: 'integer' }, json: '5' },
  { text: ' 5.50 ', schema: { type: 'number' }, json: '5.50' },
  { text: 'five', schema: { type: 'number' }, json: '"five"' },
  { text: '"5"', schema: { type: 'number' }, json: '"\\"5\\""' },
  { text: '5', schema: { type: ['string', 'number'] }, json: '"5"' },
  { text: 'null', schema: { type: ['string', 'null'] }, json: 'null' },
  { text: 'None', schema: { type: ['string', 'null'] }, json: '"None"' },
  { text: 'null', schema: { type: 'string' }, json: '"null"' },
  { text: 'None', schema: { type: ['integer', 'null'] }, json: 'null' },
  { text: 'true', schema: { type: 'boolean' }, json: 'true' },
  { text: 'True', schema: { type: 'boolean' }, json: 'true' },
  { text: 'False', schema: { type: 'boolean' }, json: 'false' },
  { text: 'yes', schema: { type: 'boolean' }, json: '"yes"' },
  { text: '1', schema: { type: 'boolean' }, json: '"1"' },
  { text: '[1, 2]', schema: { type: 'array' }, json: '[1, 2]' },
  { text: '{"a": 1}', schema: { type: 'array' }, json: '"{\\"a\\": 1}"' },
  { text: '{"a": 1}', schema: { type: 'object' }, json: '{"a": 1}' },
  { text: "{'a': 1}", schema: { type: 'object' }, json: `"{'a': 1}"` },
  { text: '{"a": 1', schema: { type: 'object' }, json: '"{\\"a\\": 1"' },
  { text: '{"a": 1}', schema: {}, json: '"{\\"a\\": 1}"' },
  { text: '5', schema: { anyOf: [{ type: 'null' }, { type: 'integer' }] }, json: '5' },
  { text: '5', schema: { oneOf: [{ type: 'string' }, { type: 'integer' }] }, json: '"5"' },
  { text: '5', schema: { allOf: [{ type: 'integer' }] }, json: '5' },
  { text: '5', schema: { enum: [5, 6] }, json: '5' },
  { text: '5', schema: { enum: ['5', 6] }, json: '"5"' },
  { text: 'true', schema: { const: true }, json: 'true' },
  { text: '5', schema: { $ref: '#/$defs/count~1of' }, json: '5' },
  { text: '5', schema: { $ref: '#/$defs/loop' }, json: '"5"' },
  { text: '5', schema: { $ref: '#/$defs/toString' }, json: '"5"' },
  { text: '5', schema: { $ref: 'https://host.test/count' }, json: '"5"' },
  { text: 'toString', schema: { type: 'boolean' }, json: '"toString"' },
]

test.each(typed)('for $schema the text $text is $json', async ({ text, schema, json }) => {
  const base = tool('f', { p: schema })
  const $defs = { 'count/of': { type: 'integer' }, loop: { $ref: '#/$defs/loop' } }
  const withDefs: ToolDescriptor = { ...base, inputSchema: { ...base.inputSchema, $defs } }
  for (const said of [
    `<function=f>\n<parameter=p>\n${text}\n</parameter>\n</function>`,
    wide(`<:invoke name="f"><:parameter name="p">${text}</:parameter></:invoke>`),
  ])
    expect(callsOf(await hearText(said, { tools: [withDefs] }))).toEqual([`f {"p":${json}}`])
})

test('a parameter may have any name, also one that objects have from birth', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'a b', 'é']
  for (const name of names) {
    const { calls } = await hearText(
      [
        `<function=exec><parameter=${name}>x</parameter></function>`,
        wide(
          `<:invoke name="exec"><:parameter name="${name}" string="true">x</:parameter></:invoke>`,
        ),
      ],
      { tools },
    )
    for (const { input } of calls) expect(Object.entries(input ?? {})).toEqual([[name, 'x']])
    expect(calls).toHaveLength(2)
  }
  expect(Object.prototype).not.toHaveProperty('x')
})
